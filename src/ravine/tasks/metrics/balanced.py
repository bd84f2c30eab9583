"""How well both signs of an answer are told, whichever is the more frequent."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.answers import Signs
from ravine.tasks.metrics.base import ShareMetric

SPACE = Signs()


def share_right(
    batch: Batch, answer: Float[Tensor, "b *answer"], among: Bool[Tensor, "b *answer"]
) -> Float[Tensor, " b"]:
    """Return the share of the entries `among` whose sign is right; 1 for a problem without one."""
    wrong = ((SPACE.decode(answer) != batch.y) & among).flatten(1).sum(1)
    return 1 - wrong.to(answer.dtype) / among.flatten(1).sum(1).clamp(min=1)


class BalancedAccuracy(ShareMetric):
    """The mean of two shares: of the entries that are +1 those that are right, and of the entries that are -1.

    Problems of one sign alone have no say: so a constant answer is worth one half, whatever the shares of the signs.
    """

    name = "balanced"
    label = "balanced"

    def values(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return the mean of both shares; where one sign is missing, the other one's share."""
        plus, minus = (share_right(batch, answer, sign) for sign in both_signs(batch))
        some_plus, some_minus = (sign.flatten(1).any(1) for sign in both_signs(batch))
        return torch.where(some_plus & some_minus, (plus + minus) / 2, torch.where(some_plus, plus, minus))

    def weights(self, batch: Batch) -> Float[Tensor, " b"]:
        """Return 1 for a problem whose answer has both signs, else 0."""
        plus, minus = (sign.flatten(1).any(1) for sign in both_signs(batch))
        return (plus & minus).to(batch.y.dtype)


@dataclass(frozen=True)
class SharePerSign(ShareMetric):
    """The share of the entries of one `sign` that are right, over all problems' entries of that sign."""

    sign: int
    name: str
    label: str

    def values(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return each problem's share; 1 for a problem without such an entry."""
        return share_right(batch, answer, self._among(batch))

    def weights(self, batch: Batch) -> Float[Tensor, " b"]:
        """Return each problem's number of such entries."""
        return self._among(batch).flatten(1).sum(1).to(batch.y.dtype)

    def _among(self, batch: Batch) -> Bool[Tensor, "b *answer"]:
        return (batch.y == self.sign) & batch.unknown


def both_signs(batch: Batch) -> tuple[Bool[Tensor, "b *answer"], Bool[Tensor, "b *answer"]]:
    """Return which free entries of right answers are +1, and which are -1."""
    free = batch.unknown
    return (batch.y > 0) & free, (batch.y < 0) & free
