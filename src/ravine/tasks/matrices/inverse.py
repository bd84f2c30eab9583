"""Inversion of a matrix."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.base import relative_norm
from ravine.tasks.baselines import Baseline, LeastSquares, MeanAnswer, NewtonSchulz, Zero
from ravine.tasks.matrices.base import MatrixTask, MatrixTaskConfig, uniform
from ravine.tasks.matrices.computed import Fault
from ravine.tasks.matrices.files import MatrixFiles
from ravine.tasks.matrices.measured import subset_correlations


class InverseFiles(MatrixFiles):
    """A user's own matrices and their inverses."""

    title = "|answer - exact inverse| after each landscape"
    headings: ClassVar[Mapping[str, str]] = {
        "residual": "|AY - I| / sqrt n",
        "distance": "|Y - inverse| / |inverse|",
        "mse": "MSE",
    }


class Inverse(MatrixTask):
    """y = A^-1 with A = 2 R R' + c I, R uniform on (-1, 1): c = .5 on `same`, .1 on `harder`.

    On `real`, A = (2 n / 3) C + .1 I, C the correlations of n measured features: the diagonal is as in training, the
    spectrum is not. Every entry of A^-1 is at most 1 / c: 2 in training; the solver allows the 10 of the other splits.
    """

    name = "inverse"
    difficulty = {"same": 0.5, "harder": 0.1, "real": 0.1}
    further_splits = ("real",)
    degree = -1
    bound = 2.0
    solve_bound = 10.0

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return matrices A as x, (size, 1, n, n), and their inverses as y, (size, n, n)."""
        shift = self.level(split)
        if split == "real":
            a = subset_correlations(size, self.n, generator).to(dtype) * (2 * self.n / 3)
        else:
            r = uniform((size, self.n, self.n), generator, dtype) * 2 - 1
            a = 2 * (r @ r.mT)
        a.diagonal(dim1=1, dim2=2).add_(shift)
        return Batch(a[:, None], positive_inverse(a))

    def residual(self, x: Float[Tensor, "b one n n"], prediction: Float[Tensor, "b n n"]) -> Float[Tensor, " b"]:
        """Return |A Y - I| / |I| in the Frobenius norm."""
        identity = torch.eye(x.shape[-1], device=x.device, dtype=x.dtype).expand_as(prediction)
        return relative_norm(x[:, 0] @ prediction - identity, identity)

    def condition_number(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, " b"]:
        """Return the ratio of each matrix's greatest to its least singular value."""
        values: Tensor = torch.linalg.svdvals(x[:, 0].double())
        return values[:, 0] / values[:, -1]

    def answer(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b n n"]:
        """Return the exact inverses."""
        inverses: Tensor = torch.linalg.inv(x[:, 0])
        return inverses

    def faults(self, x: Float[Tensor, "b one n n"]) -> Iterator[Fault]:
        """Yield which matrices have no inverse."""
        yield torch.linalg.matrix_rank(x[:, 0]) < x.shape[-1], "is singular; it has no inverse"

    def files(self) -> InverseFiles:
        """Return how a user's own matrices are read and their inverses written."""
        return InverseFiles(self)

    def baselines(self) -> Mapping[str, Baseline]:
        """Return zero, mean, least squares, and the exact method: Newton-Schulz with 20 iterations."""
        return {
            "zero": Zero(),
            "mean": MeanAnswer(),
            "least squares": LeastSquares(),
            "Newton-Schulz (20)": NewtonSchulz(20),
        }


def positive_inverse(a: Float[Tensor, "b n n"]) -> Float[Tensor, "b n n"]:
    """Return the inverses of positive definite matrices by Cholesky's factors, about twice as fast as by LU's."""
    lower = torch.linalg.cholesky_ex(a).L
    if a.device.type == "cpu":
        return torch.cholesky_inverse(lower)
    # On a GPU `cholesky_inverse` takes one matrix after the other.
    half: Tensor = torch.linalg.solve_triangular(
        lower, torch.eye(a.shape[-1], device=a.device, dtype=a.dtype), upper=False
    )
    return half.mT @ half


class InverseConfig(MatrixTaskConfig):
    """Inversion of a matrix."""

    makes = Inverse
    best_rule = "least squares"

    name: Literal["inverse"] = "inverse"
