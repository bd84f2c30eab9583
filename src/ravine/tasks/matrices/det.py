"""The determinant of a matrix."""

import math
from typing import Annotated, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.matrices.base import MatrixTaskConfig
from ravine.tasks.matrices.computed import ComputedTask
from ravine.tasks.metrics.base import Metric, ShareMetric

TAIL = 100
"""Answers lie within so many of their standard deviations: their kurtosis is 41 at n = 20."""


class SameSign(ShareMetric):
    """1 where an answer has the right sign, else 0."""

    name = "sign"
    label = "right sign"

    def values(self, batch: Batch, answer: Float[Tensor, "b one"]) -> Float[Tensor, " b"]:
        """Return 1.0 for each answer of the right sign, else 0.0."""
        return (answer[:, 0].sign() == batch.y[:, 0].sign()).to(answer.dtype)


class Determinant(ComputedTask):
    """y = 10 det A, A uniform on (0, s): s = 1 on `same`, 1.1 on `harder`.

    Its distribution has a heavy tail, so that a few problems decide the mean squared error; the residual is bounded,
    and with the share of right signs says how the others fare.
    """

    name = "det"
    method = "LAPACK getrf"
    signs = False
    difficulty = {"same": 1.0, "harder": 1.1}

    def __init__(self, n: int) -> None:
        super().__init__(n)
        self.degree = n
        # E det^2 = n! v^n (1 + n m^2 / v) for independent entries of mean m and variance v, here 1/2 and 1/12.
        deviation = 10 * math.sqrt(math.factorial(n) / 12**n * (1 + 3 * n))
        self.bound, self.solve_bound = (TAIL * deviation * scale**n for scale in self.difficulty.values())

    @property
    def identity(self) -> str:
        """The task's name and the size of its matrices, which the answer's shape does not tell."""
        return f"{self.name}/{self.n}"

    def shapes(self, n: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return one matrix, and one number."""
        return (1, n, n), (1,)

    def answer(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b one"]:
        """Return 10 det A."""
        determinant: Tensor = torch.linalg.det(x)
        return 10 * determinant

    def residual(self, x: Float[Tensor, "b one n n"], prediction: Float[Tensor, "b one"]) -> Float[Tensor, " b"]:
        """Return 2 |Y - y| / (|Y| + |y|), y = 10 det A: near 0 the relative error, and at most 2."""
        y, right = prediction[:, 0].double(), self.answer(x.double())[:, 0]
        size = (y.abs() + right.abs()).clamp(min=torch.finfo(torch.float64).tiny)
        return (2 * (y - right).abs() / size).to(prediction.dtype)

    def own_metrics(self) -> tuple[Metric, ...]:
        """Return the mean squared error, the bounded relative error, right signs, and the share solved."""
        first, second, *others = super().own_metrics()
        return (first, second, SameSign(), *others)


class DeterminantConfig(MatrixTaskConfig):
    """The determinant of a matrix, times 10."""

    makes = Determinant
    metrics = ("mse", "residual", "sign", "solved")
    best_rule = "zero"

    name: Literal["det"] = "det"
    n: Annotated[int, Field(ge=2, le=40)] = 20
    """Rows and columns of the matrix; larger ones have determinants beyond float32."""
