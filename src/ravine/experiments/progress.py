"""How far a study is, read from its runs' directories; of runs in nobody's hands only once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from ravine.analysis.plan import PlannedRun
from ravine.training.directory import DONE, RunDirectory, State


@dataclass(frozen=True)
class Progress:
    """How far a study is: steps done of all steps, runs by state, and the mean loss that running ones last told of."""

    steps_done: int
    steps: int
    states: dict[str, int]
    loss: float | None = None


@dataclass
class Tally:
    """The last status read of every run of a plan."""

    runs: dict[str, PlannedRun] = field(default_factory=dict)
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Sequence[PlannedRun]) -> Self:
        """Read every run's status."""
        tally = cls({run.key: run for run in plan})
        for run in plan:
            tally.read(run)
        return tally

    def read(self, run: PlannedRun) -> None:
        """Read a run's status anew."""
        self.statuses[run.key] = RunDirectory(run.path).status()

    def state(self, run: PlannedRun) -> State:
        """Return a run's state when it was last read."""
        state: State = self.statuses[run.key]["state"]
        return state

    def progress(self, again: Iterable[str]) -> Progress:
        """Return the progress of the whole plan; the runs in `again` are read anew."""
        for key in again:
            self.read(self.runs[key])
        done, total = 0, 0
        states: dict[str, int] = {}
        losses: list[float] = []
        for key, run in self.runs.items():
            status, steps = self.statuses[key], int(run.config["training"]["steps"])
            total += steps
            done += steps if status["state"] in DONE else int(status["step"])
            states[status["state"]] = states.get(status["state"], 0) + 1
            if status["state"] == "running" and status.get("loss") is not None:
                losses.append(status["loss"])
        return Progress(done, total, states, sum(losses) / len(losses) if losses else None)


def state_of(run: PlannedRun) -> State:
    """Return the state that a run's directory tells of."""
    state: State = RunDirectory(run.path).status()["state"]
    return state
