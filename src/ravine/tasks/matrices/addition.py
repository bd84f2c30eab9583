"""The sum of two matrices."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor

from ravine.tasks.matrices.base import MatrixTaskConfig
from ravine.tasks.matrices.computed import ComputedTask


class Addition(ComputedTask):
    """y = A + B, both uniform on (-s, s): s = 1 on `same`, 2.5 on `harder`. Linear: least squares is exact."""

    name = "addition"
    method = "sum"
    difficulty = {"same": 1.0, "harder": 2.5}
    inputs = 2
    degree = 1
    bound = 2.0
    solve_bound = 5.0

    def answer(self, x: Float[Tensor, "b two n n"]) -> Float[Tensor, "b n n"]:
        """Return the sums."""
        return x.sum(1)


class AdditionConfig(MatrixTaskConfig):
    """The sum of two matrices."""

    makes = Addition
    best_rule = "least squares"

    name: Literal["addition"] = "addition"
