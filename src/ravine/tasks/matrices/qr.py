"""The QR factors of a matrix."""

from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.matrices.base import MatrixTaskConfig
from ravine.tasks.matrices.computed import ComputedTask


class QR(ComputedTask):
    """y = [Q, R] with A = Q R, A uniform on (-s, s): s = 1 on `same`, 2.5 on `harder`.

    Q is orthonormal and R upper triangular; their signs are LAPACK's (Householder): R_jj has the sign opposite to that
    of the pivot it comes from, the last one the same. The residual does not know signs, `solved` does.
    """

    name = "qr"
    method = "LAPACK geqrf"
    difficulty = {"same": 1.0, "harder": 2.5}

    def __init__(self, n: int) -> None:
        super().__init__(n)
        self.bound, self.solve_bound = (n**0.5 * scale for scale in self.difficulty.values())

    def shapes(self, n: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return one matrix, and two."""
        return (1, n, n), (2, n, n)

    def answer(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b two n n"]:
        """Return Q and R, (b, 2, n, n)."""
        return torch.stack(tuple(torch.linalg.qr(x[:, 0])), 1)

    def residual(self, x: Float[Tensor, "b one n n"], prediction: Float[Tensor, "b two n n"]) -> Float[Tensor, " b"]:
        """Return the root of |Q R - A|^2 / |A|^2 + |Q' Q - I|^2 / n + |R below its diagonal|^2 / |A|^2."""
        a, q, r = x[:, 0], prediction[:, 0], prediction[:, 1]
        identity = torch.eye(a.shape[-1], device=a.device, dtype=a.dtype)
        size = squared(a)
        off = squared(q @ r - a) / size + squared(q.mT @ q - identity) / a.shape[-1] + squared(r.tril(-1)) / size
        return off.sqrt()

    def solved(self, batch: Batch, answer: Float[Tensor, "b two n n"]) -> Bool[Tensor, " b"]:
        """Return whether the residual is at most `TOLERANCE` and all signs are LAPACK's."""
        signs = self.answer(batch.x.double())[:, 1].diagonal(dim1=1, dim2=2).sign()
        agree: Tensor = (answer[:, 1].diagonal(dim1=1, dim2=2).sign() == signs).all(1)
        return super().solved(batch, answer) & agree


def squared(matrices: Float[Tensor, "b n n"]) -> Float[Tensor, " b"]:
    """Return each matrix's squared Frobenius norm."""
    return matrices.flatten(1).square().sum(1)


class QRConfig(MatrixTaskConfig):
    """The QR factors of a matrix, with LAPACK's signs."""

    makes = QR
    best_rule = "least squares"

    name: Literal["qr"] = "qr"
