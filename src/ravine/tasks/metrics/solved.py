"""The share of problems solved."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.statistics.scale import Better, ScaleName
from ravine.tasks.metrics.base import Metric


@dataclass(frozen=True)
class Solved(Metric):
    """1 where the task's own verifier accepts the answer, else 0."""

    verify: Callable[[Batch, Tensor], Tensor]

    name = "solved"
    label = "solved"
    better: Better = "higher"
    scale: ScaleName = "points"
    target = 1.0

    def values(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return 1.0 for each answer that is right, else 0.0."""
        return self.verify(batch, answer).to(answer.dtype)
