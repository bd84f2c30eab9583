"""A system of linear equations."""

from collections.abc import Iterator
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.base import relative_norm
from ravine.tasks.matrices.base import MatrixTaskConfig, signed
from ravine.tasks.matrices.computed import ComputedTask, Fault


class Equation(ComputedTask):
    """[S, S y] -> y uniform on (-1, 1), S = B B', B = (A + A') D, A uniform on (-1, 1), D = diag(1, ..., d) geometric.

    d = 1 on `same`, as released: the condition number of S is 1,800 in the median at n = 20, with a heavy tail. On
    `harder` d = .3, and it is 4,000. `solved` is by the residual: along the eigenvector of a small eigenvalue an answer
    may be wrong and yet solve the system to `TOLERANCE`.
    """

    name = "equation"
    method = "LU solve"
    difficulty = {"same": 1.0, "harder": 0.3}
    degree = 0
    bound = 1.0
    solve_bound = 1.0

    def shapes(self, n: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return n x (n + 1), the right-hand side last, and n."""
        return (n, n + 1), (n,)

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return systems [S, S y] as x, (size, n, n + 1), and y, (size, n)."""
        level = self.level(split)
        s = self.draw(size, generator, level, dtype)
        y = signed((size, self.n), generator, dtype)
        return Batch(torch.cat([s, s @ y[:, :, None]], 2), y)

    def draw(self, size: int, generator: torch.Generator, level: float, dtype: torch.dtype) -> Float[Tensor, "b n n"]:
        """Return matrices S, (size, n, n)."""
        a = signed((size, self.n, self.n), generator, dtype)
        scale = level ** torch.linspace(0, 1, self.n, device=a.device, dtype=dtype)
        b = (a + a.mT) * scale
        return b @ b.mT

    def answer(self, x: Float[Tensor, "b n columns"]) -> Float[Tensor, "b n"]:
        """Return the solutions, computed in float64."""
        wide = x.double()
        solution: Tensor = torch.linalg.solve(wide[:, :, :-1], wide[:, :, -1:])[:, :, 0]
        return solution.to(x.dtype)

    def residual(self, x: Float[Tensor, "b n columns"], prediction: Float[Tensor, "b n"]) -> Float[Tensor, " b"]:
        """Return |S Y - b| / |b|."""
        return relative_norm((x[:, :, :-1] @ prediction[:, :, None])[:, :, 0] - x[:, :, -1], x[:, :, -1])

    def condition_number(self, x: Float[Tensor, "b n columns"]) -> Float[Tensor, " b"]:
        """Return the ratio of the greatest to the least singular value of each S."""
        values: Tensor = torch.linalg.svdvals(x[:, :, :-1].double())
        return values[:, 0] / values[:, -1]

    def faults(self, x: Float[Tensor, "b n columns"]) -> Iterator[Fault]:
        """Yield which systems have no single solution."""
        yield torch.linalg.matrix_rank(x[:, :, :-1]) < x.shape[1], "is singular: its equations have no single solution"


class EquationConfig(MatrixTaskConfig):
    """A system of linear equations [S, b] to its solution."""

    makes = Equation
    best_rule = "least squares"

    name: Literal["equation"] = "equation"
