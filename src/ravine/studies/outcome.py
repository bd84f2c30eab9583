"""What one run of a study came to, read from its directory."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ravine.studies.plan import PlannedRun
from ravine.training.directory import RunDirectory, read_json


@dataclass(frozen=True)
class RunResult:
    """What one run came to: its state, scores by split, and cost; a run without scores says why in `reason`."""

    arm: str
    seed: int
    state: str
    splits: Mapping[str, Mapping[str, Any]]
    facts: Mapping[str, Any]
    reason: str | None = None

    def error(self, split: str) -> float:
        """Return the mean squared error on a split; nan for a run that has none, or none that is finite."""
        mse = self.splits.get(split, {}).get("mse")
        return math.nan if mse is None else float(mse)


def read_run(run: PlannedRun) -> RunResult:
    """Return one planned run's result from its directory; a run that ended in none of the known ways has failed."""
    directory = RunDirectory(run.path)
    status = directory.status()
    state = str(status["state"])
    unknown = {"solve_seconds": None, "energy_evaluations": None}
    facts = {
        **unknown,
        "steps": status["step"],
        "train_seconds": status["seconds"],
        "path": f"runs/{run.arm}/seed-{run.seed}",
    }
    if state == "finished":
        scored = read_json(directory.evaluation)
        return RunResult(run.arm, run.seed, state, scored["splits"], {**facts, **cost(scored)})
    if state == "running":
        state = "failed"
    reason = status.get("error") or last_line(directory) or f"{state} at step {status['step']}"
    return RunResult(run.arm, run.seed, state, {}, facts, reason)


def cost(scored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scored run's cost of solving, over all splits, and its energy evaluations in training."""
    splits = scored["splits"].values()
    return {
        "solve_seconds": round(sum(split["solve_seconds"] for split in splits), 3),
        "energy_evaluations": scored["training_evaluations"],
        "solve_evaluations": max((split["solve_evaluations"] for split in splits), default=0),
    }


def last_line(directory: RunDirectory) -> str | None:
    """Return the last line that the run's process said, if it said anything."""
    log = directory.path / "train.log"
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else None
