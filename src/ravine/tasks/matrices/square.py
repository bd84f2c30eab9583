"""The square of a matrix."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor

from ravine.tasks.matrices.base import MatrixTaskConfig
from ravine.tasks.matrices.computed import ComputedTask


class Square(ComputedTask):
    """y = A A / 5, the matrix product, A uniform on (-s, s): s = 1 on `same`, 2.5 on `harder`."""

    name = "square"
    method = "matrix product"
    difficulty = {"same": 1.0, "harder": 2.5}
    degree = 2

    def __init__(self, n: int) -> None:
        super().__init__(n)
        self.bound, self.solve_bound = (n * scale**2 / 5 for scale in self.difficulty.values())

    def answer(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b n n"]:
        """Return A A / 5."""
        return x[:, 0] @ x[:, 0] / 5


class SquareConfig(MatrixTaskConfig):
    """The square of a matrix, A A / 5."""

    makes = Square
    best_rule = "mean"

    name: Literal["square"] = "square"
