"""The top eigenvector of a symmetric matrix."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.matrices.base import TOLERANCE, MatrixTaskConfig, signed
from ravine.tasks.matrices.computed import ComputedTask, Fault

SHARE = 256
"""Matrices that are worth a thread; a multiple of what alignment in memory repeats by."""


class Eigen(ComputedTask):
    """S = ((A + A') / 2)^2 + c I, A uniform on (-1, 1), to its top unit eigenvector, the first entry positive.

    c = 0 on `same`, as released, and n on `harder`: the eigenvectors stay, the gaps between eigenvalues shrink beside
    them, so that a power of S tells them apart less well. The answer jumps where its first entry is 0.
    """

    name = "eigen"
    method = "LAPACK syevd"
    difficulty = {"same": 0.0, "harder": 1.0}
    degree = 0
    bound = 1.0
    solve_bound = 1.0

    def shapes(self, n: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return one matrix, and n numbers."""
        return (1, n, n), (n,)

    def draw(
        self, size: int, generator: torch.Generator, level: float, dtype: torch.dtype
    ) -> Float[Tensor, "b one n n"]:
        """Return matrices S, (size, 1, n, n)."""
        a = signed((size, 1, self.n, self.n), generator, dtype)
        b = (a + a.mT) / 2
        s = b @ b
        s.diagonal(dim1=2, dim2=3).add_(level * self.n)
        return s

    def answer(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b n"]:
        """Return the top eigenvectors, of positive first entries, computed in float64."""
        top = eigenvectors(x[:, 0].double())[:, :, -1]
        return torch.where(top[:, :1] < 0, -top, top).clamp(-1, 1).to(x.dtype)

    def residual(self, x: Float[Tensor, "b one n n"], prediction: Float[Tensor, "b n"]) -> Float[Tensor, " b"]:
        """Return the root of |S Y - l Y|^2 / l^2 + (|Y| - 1)^2, l the greatest eigenvalue."""
        wide, y = x[:, 0].double(), prediction.double()
        top = torch.linalg.eigvalsh(wide)[:, -1:]
        off = (wide @ y[:, :, None])[:, :, 0] / top - y
        length: Tensor = torch.linalg.vector_norm(y, dim=1)
        residual: Tensor = (off.square().sum(1) + (length - 1).square()).sqrt()
        return residual.to(prediction.dtype)

    def solved(self, batch: Batch, answer: Float[Tensor, "b n"]) -> Bool[Tensor, " b"]:
        """Return whether the residual is at most `TOLERANCE` and the first entry not negative."""
        return (self.residual(batch.x, answer) <= TOLERANCE) & (answer[:, 0] >= 0)

    def faults(self, x: Float[Tensor, "b one n n"]) -> Iterator[Fault]:
        """Yield which matrices are not symmetric."""
        off = (x - x.mT).abs().flatten(1).amax(1)
        yield off > 1e-6 * x.abs().flatten(1).amax(1), "is not symmetric"


def eigenvectors(s: Float[Tensor, "b n n"]) -> Float[Tensor, "b n n"]:
    """Return the eigenvectors of symmetric matrices, a share of them by each thread: LAPACK has one at a time.

    Shares are multiples of `SHARE`: every matrix lies in memory as it would among all, and has the same bits.
    """
    count = min(torch.get_num_threads(), len(s) // SHARE) if s.is_cpu else 1
    if count < 2:
        vectors: Tensor = torch.linalg.eigh(s).eigenvectors
        return vectors
    parts = torch.split(s, SHARE * math.ceil(len(s) / SHARE / count))
    with ThreadPoolExecutor(count) as threads:
        return torch.cat([one.eigenvectors for one in threads.map(torch.linalg.eigh, parts)])


class EigenConfig(MatrixTaskConfig):
    """The top eigenvector of a symmetric matrix."""

    makes = Eigen
    best_rule = "least squares"

    name: Literal["eigen"] = "eigen"
