"""Completion of a half-observed matrix of low rank."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.array_files import ArrayFiles, Numbers
from ravine.tasks.base import relative_norm
from ravine.tasks.baselines import Baseline, CopyObserved, LeastSquares, MeanAnswer, Zero
from ravine.tasks.files import OwnProblems
from ravine.tasks.matrices.base import TOLERANCE, MatrixTask, MatrixTaskConfig, normal, uniform


class CompletionFiles(ArrayFiles):
    """A user's own square matrices, 0 where nothing is known; what is hidden cannot be judged."""

    title = "the matrix after each landscape"

    def problems(self, stack: Numbers, file: Path) -> OwnProblems:
        """Return the matrices in a file, of any one size."""
        count, rows, columns = stack.shape
        if rows != columns:
            raise InputError(f"{file}: matrices of {rows} x {columns}, not square")
        x = torch.from_numpy(stack)
        return OwnProblems(Batch(x[:, None], x.new_zeros(count, rows, rows)), {"n": rows})


class Completion(MatrixTask):
    """y = M = .1 N + U V' / 20 of rank 10 with noise (`harder`: / 5), and x = M where observed, 0 elsewhere.

    The noise of the hidden entries cannot be known, so that nobody solves it to `TOLERANCE`.
    """

    name = "completion"
    difficulty = {"same": 1 / 20, "harder": 1 / 5}
    degree = 1
    bound = 2.0
    solve_bound = 8.0
    verifiable = False
    rank = 10
    observed_share = 0.5

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return half-observed matrices as x, (size, 1, n, n), and the whole ones as y, (size, n, n)."""
        scale = self.level(split)
        u = normal((size, self.n, self.rank), generator, dtype)
        v = normal((size, self.n, self.rank), generator, dtype)
        matrix = 0.1 * normal((size, self.n, self.n), generator, dtype) + scale * (u @ v.mT)
        observed = uniform((size, self.n, self.n), generator, dtype) < self.observed_share
        return Batch((matrix * observed)[:, None], matrix)

    def residual(self, x: Float[Tensor, "b one n n"], prediction: Float[Tensor, "b n n"]) -> Float[Tensor, " b"]:
        """Return |Y - M| / |M| over the observed entries alone."""
        observed = x[:, 0]
        return relative_norm((prediction - observed) * (observed != 0), observed)

    def solved(self, batch: Batch, answer: Float[Tensor, "b n n"]) -> Bool[Tensor, " b"]:
        """Return whether all entries, the hidden ones too, are M's to a relative error of at most `TOLERANCE`."""
        return relative_norm(answer - batch.y, batch.y) <= TOLERANCE

    def files(self) -> CompletionFiles:
        """Return how a user's own matrices are read and the whole ones written."""
        return CompletionFiles()

    def baselines(self) -> Mapping[str, Baseline]:
        """Return zero, mean, least squares, and copying what is observed."""
        return {"zero": Zero(), "mean": MeanAnswer(), "copy observed": CopyObserved(), "least squares": LeastSquares()}


class CompletionConfig(MatrixTaskConfig):
    """Completion of a half-observed matrix of low rank."""

    makes = Completion
    best_rule = "least squares"

    name: Literal["completion"] = "completion"
