"""The LU factors of a matrix."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.tasks.matrices.base import MatrixTaskConfig
from ravine.tasks.matrices.computed import ComputedTask


class LU(ComputedTask):
    """y = [L, U] with P A = L U by partial pivoting, A uniform on (-s, s): s = 1 on `same`, 2.5 on `harder`.

    The permutation P is thrown away, as released, so that L U is not A; A determines L and U all the same, and an
    answer is held against those computed anew. No order of A's rows matters to them.
    """

    name = "lu"
    method = "LAPACK getrf"
    difficulty = {"same": 1.0, "harder": 2.5}

    def __init__(self, n: int) -> None:
        super().__init__(n)
        # Entries of U grow over those of A by n^(2/3) on average (Trefethen and Schreiber 1990), rarely by twice that.
        self.bound, self.solve_bound = (2 * n ** (2 / 3) * scale for scale in self.difficulty.values())

    def shapes(self, n: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return one matrix, and two."""
        return (1, n, n), (2, n, n)

    def answer(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b two n n"]:
        """Return L and U, (b, 2, n, n)."""
        packed: Tensor = torch.linalg.lu_factor_ex(x[:, 0]).LU
        identity = torch.eye(x.shape[-1], device=x.device, dtype=x.dtype)
        return torch.stack([packed.tril(-1) + identity, packed.triu()], 1)


class LUConfig(MatrixTaskConfig):
    """The LU factors of a matrix, by partial pivoting."""

    makes = LU
    best_rule = "mean"

    name: Literal["lu"] = "lu"
