"""A matrix as it is: what the least of energies must learn."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.tasks.base import Task
from ravine.tasks.matrices.base import MatrixTaskConfig, uniform
from ravine.tasks.matrices.computed import ComputedTask


class Identity(ComputedTask):
    """y = A, uniform on (0, s): s = 1 on `same`, 2.5 on `harder`. Linear: least squares is exact."""

    name = "identity"
    method = "copy"
    difficulty = {"same": 1.0, "harder": 2.5}
    degree = 1
    bound = 1.0
    solve_bound = 2.5

    def draw(
        self, size: int, generator: torch.Generator, level: float, dtype: torch.dtype
    ) -> Float[Tensor, "b one n n"]:
        """Return matrices A, (size, 1, n, n)."""
        return uniform((size, 1, self.n, self.n), generator, dtype) * level

    def answer(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b n n"]:
        """Return A, in memory of its own."""
        return x[:, 0].clone()


class IdentityConfig(MatrixTaskConfig):
    """A matrix to be copied."""

    best_rule = "least squares"

    name: Literal["identity"] = "identity"

    def build(self) -> Task:
        """Return the task."""
        return Identity(self.n)
