"""The sum of two matrices."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.tasks.base import Task
from ravine.tasks.matrices.base import MatrixTaskConfig, signed
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

    def draw(
        self, size: int, generator: torch.Generator, level: float, dtype: torch.dtype
    ) -> Float[Tensor, "b two n n"]:
        """Return pairs of matrices, (size, 2, n, n)."""
        return signed((size, 2, self.n, self.n), generator, dtype) * level

    def answer(self, x: Float[Tensor, "b two n n"]) -> Float[Tensor, "b n n"]:
        """Return the sums."""
        return x.sum(1)


class AdditionConfig(MatrixTaskConfig):
    """The sum of two matrices."""

    best_rule = "least squares"

    name: Literal["addition"] = "addition"

    def build(self) -> Task:
        """Return the task."""
        return Addition(self.n)
