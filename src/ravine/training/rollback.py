"""Going back to the last good checkpoint with a lower learning rate, where a run diverges."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ravine.errors import DivergedError

ADVICE = (
    "training stopped before the optimiser step and the last good checkpoint is kept: "
    "lower optimizer.learning_rate or mining.weight, or raise mining.temperature"
)


@dataclass(frozen=True)
class RollbackRule:
    """How often a run that diverges goes back, what multiplies its learning rate each time, which loss is too large."""

    times: int = 0
    factor: float = 0.5
    limit: float = 1000.0

    def rate(self, count: int) -> float:
        """Return what the learning rate is multiplied by after `count` rollbacks."""
        return self.factor**count

    def check(self, step: int, loss: float) -> None:
        """Raise a `DivergedError` for a logged loss above the limit; where no run goes back none is too large."""
        if self.times and loss > self.limit:
            raise DivergedError(step, f"loss {loss:.4g}, above training.rollback.limit = {self.limit:g},", ADVICE)

    def entry(self, error: DivergedError, to: int, count: int) -> dict[str, Any]:
        """Return what records say of the `count`-th rollback, which an error made necessary; `to`: the step."""
        return {"number": count, "from": error.step, "to": to, "rate": self.rate(count), "why": error.why.rstrip(",")}

    def exhausted(self, error: DivergedError) -> DivergedError:
        """Return the error of a run that went back as often as it may."""
        return DivergedError(error.step, error.why, f"the run went back {often(self.times)} already; {error.advice}")


NEVER = RollbackRule()


def often(count: int) -> str:
    """Return a number of times in words."""
    return "once" if count == 1 else f"{count} times"


def sentence(entry: Mapping[str, Any]) -> str:
    """Return one rollback in words."""
    return (
        f"went back from step {entry['from']} ({entry['why']}) to step {entry['to']}, "
        f"with {entry['rate']:.3g} of the learning rate from there on"
    )
