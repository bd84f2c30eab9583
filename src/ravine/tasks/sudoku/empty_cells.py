"""The share of cells without a clue that are right, where answers are no boards or nothing is given."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.metrics.base import ShareMetric


@dataclass(frozen=True)
class EmptyCells(ShareMetric):
    """The share of a problem's empty cells whose digit is right; problems count by their empty cells.

    `digits`: those that answers stand for, (b, n, n); `empty`: which cells problems leave empty, (b, n, n).
    """

    digits: Callable[[Tensor], Tensor]
    empty: Callable[[Tensor], Tensor]

    name = "cells"
    label = "unknown cells"

    def values(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return the share of empty cells that are right; 1 for a problem without one."""
        empty = self.empty(batch.x).flatten(1)
        wrong = (self.digits(answer) != self.digits(batch.y)).flatten(1) & empty
        return 1 - wrong.sum(1).to(answer.dtype) / empty.sum(1).clamp(min=1)

    def weights(self, batch: Batch) -> Float[Tensor, " b"]:
        """Return each problem's number of empty cells."""
        return self.empty(batch.x).flatten(1).sum(1).to(batch.y.dtype)
