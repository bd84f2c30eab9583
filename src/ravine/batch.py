"""Problems and their right answers, many at once."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Problems `x`, right answers `y`, and optionally the entries of `y` that the problem itself fixes.

    Shapes: `x` (b, ...), `y` (b, ...), `given` as `y`, true where an entry is held: never noised, never moved.
    """

    x: Float[Tensor, "b *problem"]
    y: Float[Tensor, "b *answer"]
    given: Bool[Tensor, "b *answer"] | None = None

    def __len__(self) -> int:
        return self.x.shape[0]

    def rows(self, rows: slice) -> "Batch":
        """Return the problems in `rows` alone."""
        return Batch(self.x[rows], self.y[rows], None if self.given is None else self.given[rows])

    def to(self, device: torch.device | str) -> "Batch":
        """Return the batch on `device`."""
        given = None if self.given is None else self.given.to(device)
        return Batch(self.x.to(device), self.y.to(device), given)


def per_problem(values: Shaped[Tensor, " b"], like: Tensor) -> Tensor:
    """Return one value a problem, (b,), shaped (b, 1, ..., 1) so that it multiplies a tensor shaped as `like`."""
    return values.reshape(values.shape[0], *[1] * (like.dim() - 1))


def by_problem(rows: Float[Tensor, "rows *shape"], count: int) -> Float[Tensor, "b count *shape"]:
    """Return rows that hold `count` entries for each problem in turn, (b * count, ...), as (b, count, ...)."""
    return rows.reshape(rows.shape[0] // count, count, *rows.shape[1:])
