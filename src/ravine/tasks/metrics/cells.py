"""The share of unknown cells that are right."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.answers import AnswerSpace
from ravine.tasks.metrics.base import ShareMetric


@dataclass(frozen=True)
class UnknownCells(ShareMetric):
    """The share of a problem's free cells whose decoded value is right; problems count by their free cells."""

    space: AnswerSpace

    name = "cells"
    label = "unknown cells"

    def values(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return the share of free cells that are right; 1 for a problem without one."""
        free = self._free(batch)
        wrong = self.space.cells(self.space.decode(answer) != batch.y)
        return 1 - (wrong & free).sum(1).to(answer.dtype) / free.sum(1).clamp(min=1)

    def weights(self, batch: Batch) -> Float[Tensor, " b"]:
        """Return each problem's number of free cells."""
        return self._free(batch).sum(1).to(batch.y.dtype)

    def _free(self, batch: Batch) -> Tensor:
        return self.space.cells(batch.unknown)
