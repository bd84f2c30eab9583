"""By how much an answer breaks what its problem states."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.statistics.scale import Better, ScaleName
from ravine.tasks.metrics.base import Metric


@dataclass(frozen=True)
class Residual(Metric):
    """A task's own relative residual of (problems x, answers), computed without the right answer."""

    of: Callable[[Tensor, Tensor], Tensor]

    name = "residual"
    label = "residual"
    better: Better = "lower"
    scale: ScaleName = "ratio"
    target = 0.0

    def values(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return the residual of each problem's answer."""
        return self.of(batch.x, answer)
