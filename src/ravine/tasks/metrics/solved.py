"""The share of problems solved."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.metrics.base import ShareMetric


@dataclass(frozen=True)
class Solved(ShareMetric):
    """1 where the task's own verifier accepts the answer, else 0."""

    verify: Callable[[Batch, Tensor], Tensor]

    name = "solved"
    label = "solved"

    def values(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return 1.0 for each answer that is right, else 0.0."""
        return self.verify(batch, answer).to(answer.dtype)
