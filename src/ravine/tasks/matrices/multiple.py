"""A matrix as it is, and with all its signs changed: what the least of energies must learn."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor

from ravine.tasks.base import Task
from ravine.tasks.matrices.base import MatrixTaskConfig
from ravine.tasks.matrices.computed import ComputedTask


class Multiple(ComputedTask):
    """y = `factor` A, A uniform on (0, s): s = 1 on `same`, 2.5 on `harder`. Linear: least squares is exact."""

    signs = False
    difficulty = {"same": 1.0, "harder": 2.5}
    degree = 1
    bound = 1.0
    solve_bound = 2.5

    def __init__(self, n: int, name: str, method: str, factor: float) -> None:
        super().__init__(n)
        self.name, self.method, self.factor = name, method, factor

    def answer(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b n n"]:
        """Return the multiple of A, in memory of its own."""
        return x[:, 0] * self.factor


class IdentityConfig(MatrixTaskConfig):
    """A matrix to be copied."""

    best_rule = "least squares"

    name: Literal["identity"] = "identity"

    def build(self) -> Task:
        """Return the task."""
        return Multiple(self.n, self.name, "copy", 1.0)


class NegateConfig(MatrixTaskConfig):
    """A matrix with all signs changed, -A."""

    best_rule = "least squares"

    name: Literal["negate"] = "negate"

    def build(self) -> Task:
        """Return the task."""
        return Multiple(self.n, self.name, "minus", -1.0)
