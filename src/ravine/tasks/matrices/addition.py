"""The sum of two matrices."""

from collections.abc import Mapping
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.base import Task, relative_norm
from ravine.tasks.baselines import Baseline, LeastSquares, MeanAnswer, Zero
from ravine.tasks.matrices.base import MatrixTask, MatrixTaskConfig, uniform


class Addition(MatrixTask):
    """y = A + B, both uniform on (-s, s): s = 1 on `same`, 2.5 on `harder`."""

    name = "addition"
    difficulty = {"same": 1.0, "harder": 2.5}
    inputs = 2
    degree = 1
    bound = 2.0
    solve_bound = 5.0

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return pairs of matrices as x, (size, 2, n, n), and their sums as y, (size, n, n)."""
        scale = self.level(split)
        x = (uniform((size, 2, self.n, self.n), generator, dtype) * 2 - 1) * scale
        return Batch(x, x.sum(1))

    def residual(self, x: Float[Tensor, "b two n n"], prediction: Float[Tensor, "b n n"]) -> Float[Tensor, " b"]:
        """Return |Y - (A + B)| / |A + B| in the Frobenius norm."""
        total = x.sum(1)
        return relative_norm(prediction - total, total)

    def baselines(self) -> Mapping[str, Baseline]:
        """Return zero, mean, and least squares, which is exact here."""
        return {"zero": Zero(), "mean": MeanAnswer(), "least squares": LeastSquares()}


class AdditionConfig(MatrixTaskConfig):
    """The sum of two matrices."""

    best_rule = "least squares"

    name: Literal["addition"] = "addition"

    def build(self) -> Task:
        """Return the task."""
        return Addition(self.n)
