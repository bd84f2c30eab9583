"""The matrix tasks of IRED: inversion, addition, completion of a low-rank matrix."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.base import Task, relative_norm
from ravine.tasks.baselines import (
    Baseline,
    CopyObserved,
    LeastSquares,
    MeanAnswer,
    NewtonSchulz,
    Zero,
)
from ravine.tasks.real import subset_correlations


class MatrixTask(Task):
    """What the three tasks share: answers of n x n, problems of one or two such matrices, one number a split."""

    difficulty: Mapping[str, float]
    inputs: int = 1

    def __init__(self, n: int) -> None:
        self.n = n
        self.x_shape = (self.inputs, n, n)
        self.y_shape = (n, n)

    def level(self, split: str) -> float:
        """Return the number that makes `split` what it is; an `InputError` names the splits there are."""
        if split not in self.difficulty:
            known = (*self.splits, *self.further_splits)
            raise InputError(f"task {self.name!r} has no split {split!r}; it has {', '.join(known)}")
        return self.difficulty[split]

    def corrupt(self, y: Float[Tensor, "b n n"], rate: float, generator: torch.Generator) -> Float[Tensor, "b n n"]:
        """Return the answers with a share `rate` of entries, at least one a matrix, redrawn from N(0, rms^2)."""
        chance = torch.rand(y.shape, generator=generator, device=y.device, dtype=y.dtype)
        touched = (chance < rate) | (chance == chance.amin((1, 2), keepdim=True))
        spread = y.square().mean((1, 2), keepdim=True).sqrt()
        redrawn = torch.randn(y.shape, generator=generator, device=y.device, dtype=y.dtype) * spread
        return torch.where(touched, redrawn, y)


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
        # A is positive definite by construction, and Cholesky inverts it about twice as fast as LU.
        return Batch(a[:, None], torch.cholesky_inverse(torch.linalg.cholesky_ex(a).L))

    def residual(self, x: Float[Tensor, "b one n n"], prediction: Float[Tensor, "b n n"]) -> Float[Tensor, " b"]:
        """Return |A Y - I| / |I| in the Frobenius norm."""
        identity = torch.eye(self.n, device=x.device, dtype=x.dtype).expand_as(prediction)
        return relative_norm(x[:, 0] @ prediction - identity, identity)

    def condition_number(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, " b"]:
        """Return the ratio of each matrix's greatest to its least singular value."""
        values: Tensor = torch.linalg.svdvals(x[:, 0].double())
        return values[:, 0] / values[:, -1]

    def baselines(self) -> Mapping[str, Baseline]:
        """Return zero, mean, least squares, and the exact method: Newton-Schulz with 20 iterations."""
        return {
            "zero": Zero(),
            "mean": MeanAnswer(),
            "least squares": LeastSquares(),
            "Newton-Schulz (20)": NewtonSchulz(20),
        }


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


class Completion(MatrixTask):
    """y = M = .1 N + U V' / 20 of rank 10 with noise (`harder`: / 5), and x = M where observed, 0 elsewhere."""

    name = "completion"
    degree = 1
    difficulty = {"same": 1 / 20, "harder": 1 / 5}
    bound = 2.0
    solve_bound = 8.0
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

    def baselines(self) -> Mapping[str, Baseline]:
        """Return zero, mean, least squares, and copying what is observed."""
        return {"zero": Zero(), "mean": MeanAnswer(), "copy observed": CopyObserved(), "least squares": LeastSquares()}


def uniform(shape: tuple[int, ...], generator: torch.Generator, dtype: torch.dtype) -> Tensor:
    """Return U(0, 1) numbers of `shape` on the generator's device."""
    return torch.rand(shape, generator=generator, device=generator.device, dtype=dtype)


def normal(shape: tuple[int, ...], generator: torch.Generator, dtype: torch.dtype) -> Tensor:
    """Return N(0, 1) numbers of `shape` on the generator's device."""
    return torch.randn(shape, generator=generator, device=generator.device, dtype=dtype)
