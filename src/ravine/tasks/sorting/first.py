"""The share of plans that begin as selection sort does."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.metrics.base import ShareMetric
from ravine.tasks.sorting.form import Form


@dataclass(frozen=True)
class FirstSwap(ShareMetric):
    """1 where an answer's first swap is exactly the right answer's, in the order of its places too, else 0."""

    form: Form

    name = "first"
    label = "first swap right"

    def values(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return 1.0 for each first swap that is the right answer's, else 0.0."""
        ours, theirs = (self.form.swaps(y)[:, 0] for y in (answer, batch.y))
        return (ours == theirs).all(1).to(answer.dtype)
