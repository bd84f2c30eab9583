"""The mean squared error."""

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.statistics.scale import Better, ScaleName
from ravine.tasks.metrics.base import Metric


class MeanSquaredError(Metric):
    """The mean squared error over the entries of an answer that are not given."""

    name = "mse"
    label = "MSE"
    better: Better = "lower"
    scale: ScaleName = "ratio"
    target = 0.0

    def values(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return the mean squared error of each problem's answer."""
        squared = (answer - batch.y).square().flatten(1)
        if batch.given is None:
            return squared.mean(1)
        free = (~batch.given).flatten(1)
        return (squared * free).sum(1) / free.sum(1).clamp(min=1)
