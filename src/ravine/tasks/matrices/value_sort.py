"""Numbers in order."""

from typing import Annotated, Literal

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ravine.tasks.matrices.base import MatrixTaskConfig
from ravine.tasks.matrices.computed import ComputedTask


class ValueSort(ComputedTask):
    """n values, uniform on (-s, s), to the same in rising order: s = 1 on `same`, 2.5 on `harder`.

    An answer is right if it is the sorted values to `TOLERANCE`: in order, and the same numbers.
    """

    name = "value-sort"
    method = "sort"
    difficulty = {"same": 1.0, "harder": 2.5}
    degree = 1
    bound = 1.0
    solve_bound = 2.5

    def shapes(self, n: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return n values, twice."""
        return (n,), (n,)

    def answer(self, x: Float[Tensor, "b n"]) -> Float[Tensor, "b n"]:
        """Return the values in rising order."""
        # NumPy's vectorised sort takes a fiftieth of the time of torch's on a CPU, which finds the order too.
        return torch.from_numpy(np.sort(x.numpy(), 1)) if x.device.type == "cpu" else x.sort(1).values


class ValueSortConfig(MatrixTaskConfig):
    """Numbers to the same in rising order."""

    makes = ValueSort
    best_rule = "least squares"

    name: Literal["value-sort"] = "value-sort"
    n: Annotated[int, Field(ge=2, le=10_000)] = 400
    """Values to be sorted."""
