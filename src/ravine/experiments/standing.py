"""How a study stands: every planned run's state, who runs it and where, and how long it still takes.

Read from small files alone, so that it costs no more than a second for a thousand runs, and needs no PyTorch.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ravine.analysis.plan import PLAN, run_key, run_path
from ravine.errors import RunError
from ravine.experiments.log import Hand, StudyLog, hands
from ravine.experiments.owner import Process, owner_of
from ravine.training.directory import RunDirectory, read_json, write_json

STATES = ("waiting", "running", "finished", "diverged", "failed", "lost")
Standing = Literal["waiting", "running", "finished", "diverged", "failed", "lost"]
PlannedRow = tuple[str, int, int] | tuple[str, int, int, str]
"""A planned run's arm, seed and steps, and the point of the study's axes at which it is."""


@dataclass(frozen=True)
class RunStanding:
    """One run: its state, steps, seconds of training so far and still to come, who has it and where, and why it ended.

    `lost`: it was being trained, and nobody is at it any more; the study's command goes on with it from `saved`, the
    step of its newest checkpoint.
    """

    run: str
    state: Standing
    step: int
    steps: int
    saved: int | None
    seconds: float
    left: float | None
    where: str
    error: str | None = None
    rollbacks: int = 0


@dataclass(frozen=True)
class StudyStanding:
    """A study's runs, its owner now if it has one, the command that goes on with it, and when this was read."""

    study: Path
    owner: Process | None
    command: str
    runs: Sequence[RunStanding]
    read_at: str

    @property
    def counts(self) -> dict[str, int]:
        """Runs by state, all states in order."""
        found: Counter[str] = Counter(run.state for run in self.runs)
        return {state: found[state] for state in STATES}

    def described(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "study": str(self.study),
            "owner": None if self.owner is None else asdict(self.owner),
            "command": self.command,
            "states": self.counts,
            "runs": [asdict(run) for run in self.runs],
            "read_at": self.read_at,
        }


def write_plan(
    study: Path,
    runs: Sequence[PlannedRow],
    command: str,
    executor: Mapping[str, Any],
    axes: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write what is planned for readers without the library: runs, the command, where it runs, and points of axes."""
    content = {"runs": list(map(list, runs)), "command": command, "executor": dict(executor), "axes": list(axes)}
    file = study / PLAN
    if not file.exists() or read_json(file) != content:
        write_json(file, content)


def read_plan(study: Path) -> dict[str, Any]:
    """Return what `write_plan` wrote; a `RunError` for a directory that holds no study, or one made before."""
    file = study / PLAN
    if not file.exists():
        what = "a study that has not been started" if (study / "study.json").exists() else "not a study's directory"
        raise RunError(f"{study}: {what} (no {PLAN}); `ravine compare FILE --out {study}` starts one")
    return read_json(file)


def standing(study: Path) -> StudyStanding:
    """Return how the study in a directory stands; a `RunError` if it holds none."""
    plan, owner = read_plan(study), owner_of(study)
    in_hands = hands(StudyLog(study).events())
    runs = [
        run_standing(run_path(study, arm, seed, *point), run_key(arm, seed, *point), steps, in_hands, owner)
        for arm, seed, steps, *point in plan["runs"]
    ]
    return StudyStanding(study, owner, plan["command"], runs, time.strftime("%Y-%m-%d %H:%M:%S"))


def run_standing(path: Path, key: str, steps: int, in_hands: Mapping[str, Hand], owner: Process | None) -> RunStanding:
    """Return how one run stands."""
    directory, hand = RunDirectory(path), in_hands.get(key, Hand())
    status = directory.status()
    step, seconds = int(status["step"]), float(status["seconds"])
    state = standing_state(status, hand, owner)
    left = seconds / step * (steps - step) if state in {"running", "lost", "waiting"} and step else None
    saved = directory.saved_step() if state in {"lost", "waiting"} and status["state"] != "new" else None
    error = status.get("error") if state in {"failed", "diverged"} else None
    rollbacks = len(status.get("rollbacks", ()))
    return RunStanding(key, state, step, steps, saved, seconds, left, hand.where, error, rollbacks)


def standing_state(status: Mapping[str, Any], hand: Hand, owner: Process | None) -> Standing:
    """Return a run's state: what its directory says, and whether anybody is at it."""
    state = status["state"]
    if state in {"finished", "diverged", "failed"}:
        known: Standing = state
        return known
    cared = hand.held and (owner is not None or hand.executor != "local")
    if state == "running" and not cared:
        return "lost" if owner is None else "waiting"
    if state == "running":
        return "running"
    return "running" if cared and hand.executor == "local" else "waiting"
