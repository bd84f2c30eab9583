"""What one run of a study came to, read from its directory."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ravine.analysis.curves import Curve, read_curve
from ravine.analysis.kinds import Kind, kind_of
from ravine.analysis.measure import Measure, Measures, measures_of
from ravine.analysis.plan import PlannedRun
from ravine.analysis.upgrade import evaluation
from ravine.errors import RunError
from ravine.identity import Code
from ravine.training.attempts import Attempt, attempts
from ravine.training.directory import LASTING, RunDirectory, read_json

ENDED = frozenset({"finished", "diverged"})
"""States in which a run counts; all others are missing."""


@dataclass(frozen=True)
class RunResult:
    """What one run came to: its state, scores by split, and cost; a run without scores says why in `reason`.

    `kind`: of the negatives it was configured to train with; `curve`: of validation on the deciding split;
    `attempts`: the processes that worked on it, none where that was not recorded; `metrics`: what its scores measure.
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
    metrics: Measures = field(default_factory=dict)

    @property
    def code(self) -> Code:
        """The hash of every module that decided the run's numbers; none where that was not recorded."""
        code: Code = self.attempts[-1]["code"] if self.attempts else {}
        return code

    def value(self, split: str, metric: str) -> float:
        """Return a metric on a split; nan for a run that has none, or none that is finite."""
        value = self.splits.get(split, {}).get("metrics", {}).get(metric, {}).get("value")
        return math.nan if value is None else float(value)

    def cost(self, split: str, measure: Measure) -> float:
        """Return a metric on a split, so turned that lower is better; nan for a run that has none."""
        return measure.cost(self.value(split, measure.name))


def read_run(run: PlannedRun, split: str, kind: Kind | None = None) -> RunResult:
    """Return one planned run's result from its directory, with its curve on `split`.

    A run that ended in none of the known ways, or whose files cannot be read, has failed.
    """
    directory = RunDirectory(run.path)
    kind = kind_of(run.config) if kind is None else kind
    facts = {
        "solve_seconds": None,
        "energy_evaluations": None,
        "operations": None,
        "path": f"runs/{run.arm}/seed-{run.seed}",
    }
    try:
        status = directory.status()
        facts |= {"steps": status["step"], "train_seconds": status["seconds"]}
        facts |= {"environment": tried[-1]["environment"]} if (tried := attempts(directory)) else {}
        facts |= {what: status[what] for what in ("moved", *LASTING) if what in status}
        if status["state"] == "finished":
            scored = evaluation(read_json(directory.evaluation))
            metrics = measures_of(scored["metrics"])
            curve = read_curve(directory, split, metrics)
            facts |= cost(scored)
            return RunResult(run.arm, run.seed, "finished", scored["splits"], facts, None, kind, curve, tried, metrics)
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
        "operations": scored.get("training_operations"),
        "solve_evaluations": max((split["solve_evaluations"] for split in splits), default=0),
        "batch": scored.get("batch"),
        "version": scored.get("version"),
        "validation": scored.get("validation"),
        "tests": {name: {what: entry.get(what) for what in ("problems", "hash")} for name, entry in tested},
    }
