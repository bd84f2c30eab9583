"""The share of places that hold their value in the end."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.metrics.base import ShareMetric
from ravine.tasks.sorting.form import Form


@dataclass(frozen=True)
class Places(ShareMetric):
    """The share of places that hold the right value once an answer's swaps are made on the problem's own array."""

    form: Form

    name = "places"
    label = "places right"

    def values(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return the share of each array's places."""
        end = self.form.end(batch, answer)
        return (end == torch.arange(end.shape[1], device=end.device)).to(answer.dtype).mean(1)
