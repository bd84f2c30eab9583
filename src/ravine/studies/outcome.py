"""What one run of a study came to, read from its directory."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ravine.errors import RunError
from ravine.identity import Code
from ravine.studies.curves import Curve, read_curve
from ravine.studies.kinds import Kind, kind_of
from ravine.studies.plan import PlannedRun
from ravine.training.attempts import Attempt, attempts
from ravine.training.directory import RunDirectory, read_json

ENDED = frozenset({"finished", "diverged"})
"""States in which a run counts; all others are missing."""


@dataclass(frozen=True)
class RunResult:
    """What one run came to: its state, scores by split, and cost; a run without scores says why in `reason`.

    `kind`: of the negatives it was configured to train with; `curve`: validation errors on the deciding split;
    `attempts`: the processes that worked on it, none where that was not recorded.
    """

    arm: str
    seed: int
    state: str
    splits: Mapping[str, Mapping[str, Any]]
    facts: Mapping[str, Any]
    reason: str | None = None
    kind: Kind = "unknown"
    curve: Curve | None = None
    attempts: Sequence[Attempt] = ()

    @property
    def code(self) -> Code:
        """The hash of every module that decided the run's numbers; none where that was not recorded."""
        code: Code = self.attempts[-1]["code"] if self.attempts else {}
        return code

    def error(self, split: str) -> float:
        """Return the mean squared error on a split; nan for a run that has none, or none that is finite."""
        mse = self.splits.get(split, {}).get("mse")
        return math.nan if mse is None else float(mse)


def read_run(run: PlannedRun, split: str, kind: Kind | None = None) -> RunResult:
    """Return one planned run's result from its directory, with its curve on `split`.

    A run that ended in none of the known ways, or whose files cannot be read, has failed.
    """
    directory = RunDirectory(run.path)
    kind = kind_of(run.config) if kind is None else kind
    facts = {"solve_seconds": None, "energy_evaluations": None, "path": f"runs/{run.arm}/seed-{run.seed}"}
    try:
        status = directory.status()
        facts |= {"steps": status["step"], "train_seconds": status["seconds"]}
        facts |= {"environment": tried[-1]["environment"]} if (tried := attempts(directory)) else {}
        facts |= {"moved": status["moved"]} if "moved" in status else {}
        if status["state"] == "finished":
            scored = read_json(directory.evaluation)
            curve = read_curve(directory, split)
            facts |= cost(scored)
            return RunResult(run.arm, run.seed, "finished", scored["splits"], facts, None, kind, curve, tried)
    except (RunError, KeyError) as error:
        unknown = {"steps": None, "train_seconds": None}
        return RunResult(run.arm, run.seed, "failed", {}, {**unknown, **facts}, f"unreadable: {error}", kind)
    state = "failed" if status["state"] == "running" else str(status["state"])
    reason = status.get("error") or directory.last_line() or f"{state} at step {status['step']}"
    return RunResult(run.arm, run.seed, state, {}, facts, reason, kind, attempts=tried)


def cost(scored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scored run's cost of solving, over all splits, its energy evaluations in training, and its code."""
    splits, tested = scored["splits"].values(), scored["splits"].items()
    return {
        "solve_seconds": round(sum(split["solve_seconds"] for split in splits), 3),
        "energy_evaluations": scored["training_evaluations"],
        "solve_evaluations": max((split["solve_evaluations"] for split in splits), default=0),
        "batch": scored.get("batch"),
        "version": scored.get("version"),
        "validation": scored.get("validation"),
        "tests": {name: {what: entry.get(what) for what in ("problems", "hash")} for name, entry in tested},
    }
