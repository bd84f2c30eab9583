"""The contract of a metric: a number per problem, with a direction and a scale."""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.statistics.scale import Better, ScaleName


class Metric(ABC):
    """A number per problem.

    `name`: in files and on the command line; `label`: in tables; `better`: which direction is an improvement; `scale`:
    how two runs are compared; `target`: the value of a perfect answer.
    """

    name: str
    label: str
    better: Better
    scale: ScaleName
    target: float

    @abstractmethod
    def values(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return the metric of each problem's answer; points of the annealing are answers too, decoded or not."""

    def weights(self, batch: Batch) -> Float[Tensor, " b"] | None:
        """Return how much each problem counts in a mean over problems; None where all count the same."""
        return None

    def cost(self, value: float) -> float:
        """Return a mean so turned that lower is better: the value itself, or its distance from perfect."""
        return value if self.better == "lower" else self.target - value


class ShareMetric(Metric):
    """A share of what is right: higher is better, 1 is perfect, and two runs differ by points."""

    better: Better = "higher"
    scale: ScaleName = "points"
    target: float = 1.0
