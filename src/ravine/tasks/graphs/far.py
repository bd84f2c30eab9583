"""How well nodes far apart are told to be joined."""

from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.graphs.closure import distances
from ravine.tasks.metrics.balanced import share_right
from ravine.tasks.metrics.base import ShareMetric


@dataclass(frozen=True)
class Far(ShareMetric):
    """The share of right entries among nodes joined by a shortest path of `least` links or more."""

    least: int = 4

    label = "far"
    name = "far"

    def values(self, batch: Batch, answer: Float[Tensor, "b n n"]) -> Float[Tensor, " b"]:
        """Return each graph's share; 1 for a graph without such nodes."""
        return share_right(batch, answer, self._far(batch))

    def weights(self, batch: Batch) -> Float[Tensor, " b"]:
        """Return each graph's number of such pairs of nodes, in order."""
        return self._far(batch).flatten(1).sum(1).to(batch.y.dtype)

    def _far(self, batch: Batch) -> Bool[Tensor, "b n n"]:
        return (distances(batch.x[..., 0] > 0, self.least) >= self.least) & (batch.y > 0)
