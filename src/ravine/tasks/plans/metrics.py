"""What is measured of plans beside whether they are solved."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.metrics.base import ShareMetric
from ravine.tasks.plans.encoding import moves_of
from ravine.tasks.plans.follow import follow


@dataclass(frozen=True)
class FirstMove(ShareMetric):
    """1 where the first move is an edge that brings one nearer to the goal, else 0: the paper's own measure.

    The released code calls it `first_action_accuracy_2`. A rule that never looks at the goal scores .92 by it on the
    released problems.
    """

    name = "first"
    label = "first move"

    def values(self, batch: Batch, answer: Float[Tensor, "b steps n"]) -> Float[Tensor, " b"]:
        """Return 1.0 for each first move that is optimal, else 0.0."""
        return follow(batch.x, answer).right[:, 0].to(answer.dtype)


@dataclass(frozen=True)
class Arrives(ShareMetric):
    """1 where a plan reaches the goal along edges alone, by a detour perhaps, else 0."""

    name = "arrives"
    label = "arrives"

    def values(self, batch: Batch, answer: Float[Tensor, "b steps n"]) -> Float[Tensor, " b"]:
        """Return 1.0 for each plan that arrives, else 0.0."""
        return follow(batch.x, answer).arrives.to(answer.dtype)


@dataclass(frozen=True)
class Agreement(ShareMetric):
    """The share of steps at which a plan is at the very node of the plan that was drawn, one of several right ones.

    The released code calls it accuracy. After arrival the goal repeats, so that naming it at every step scores .5.
    """

    name = "agreement"
    label = "same moves"

    def values(self, batch: Batch, answer: Float[Tensor, "b steps n"]) -> Float[Tensor, " b"]:
        """Return the share of each plan's moves that are those of `batch.y`."""
        return (moves_of(answer) == moves_of(batch.y)).to(answer.dtype).mean(1)
