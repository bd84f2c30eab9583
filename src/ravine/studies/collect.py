"""From the runs' directories to a study's results: scores by arm and seed, and paired comparisons with verdicts."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ravine import statistics
from ravine.studies.plan import PlannedRun
from ravine.training.directory import RunDirectory, read_json

SCHEMA = 1
ZERO = "zero"
Baselines = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Name, split -> {"mse", "trivial"}."""


@dataclass(frozen=True)
class Registration:
    """What was decided before the first run: who is compared with whom, on which split, over how many seeds.

    `baseline` is None where a study has a single arm; comparisons are of every other arm with the baseline.
    """

    baseline: str | None
    seeds: int
    split: str
    margin: float


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
        """Return the mean squared error on a split; nan for a run that has none."""
        return float(self.splits[split]["mse"]) if split in self.splits else math.nan


def read_run(run: PlannedRun) -> RunResult:
    """Return one planned run's result from its directory; a run that ended in none of the known ways has failed."""
    directory = RunDirectory(run.path)
    status = directory.status()
    state = str(status["state"])
    facts = {"steps": status["step"], "train_seconds": status["seconds"], "path": f"runs/{run.arm}/seed-{run.seed}"}
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


def results(task: str, plan: Sequence[PlannedRun], baselines: Baselines, registration: Registration) -> dict[str, Any]:
    """Return the study's results in the form of `results.json`, schema 1."""
    runs = [read_run(run) for run in plan]
    arms = list(dict.fromkeys(run.arm for run in runs))
    return {
        "schema": SCHEMA,
        "task": task,
        "splits": split_facts(runs, baselines, registration),
        "baselines": baselines,
        "registration": {
            "baseline": registration.baseline,
            "seeds": registration.seeds,
            "split": registration.split,
            "margin": registration.margin,
        },
        "arms": {arm: {"runs": [run_entry(run, baselines) for run in runs if run.arm == arm]} for arm in arms},
        "comparisons": comparisons(runs, arms, baselines, registration),
    }


def split_facts(
    runs: Sequence[RunResult], baselines: Baselines, registration: Registration
) -> dict[str, dict[str, Any]]:
    """Return number of problems and content hash of every split; the hash is None until a run was scored on it."""
    names = list(dict.fromkeys(split for entry in baselines.values() for split in entry))
    scored = {name: entry for run in runs for name, entry in run.splits.items()}
    return {
        name: {
            "problems": scored.get(name, {}).get("problems"),
            "hash": scored.get(name, {}).get("hash"),
            "decides": name == registration.split,
        }
        for name in names
    }


def run_entry(run: RunResult, baselines: Baselines) -> dict[str, Any]:
    """Return one run as an entry of `results.json`."""
    splits = {
        name: {
            "mse": entry["mse"],
            "standard_error": entry["standard_error"],
            "residual": entry["residual"],
            "skill": skill_of(entry["mse"], name, baselines),
        }
        for name, entry in run.splits.items()
    }
    entry = {"seed": run.seed, "status": run.state, "splits": splits, **run.facts}
    return entry if run.reason is None else {**entry, "reason": run.reason}


def skill_of(mse: float, split: str, baselines: Baselines) -> float | None:
    """Return 1 - MSE / MSE of the best trivial baseline; None where that one is exact."""
    trivial = [entry[split]["mse"] for entry in baselines.values() if entry[split]["trivial"]]
    best = min(trivial)
    return 1 - mse / best if best > 1e-12 else None


def comparisons(
    runs: Sequence[RunResult], arms: Sequence[str], baselines: Baselines, registration: Registration
) -> list[dict[str, Any]]:
    """Return every arm's comparison with the baseline arm on every split; one split decides, the rest explore."""
    against = registration.baseline
    others = [arm for arm in arms if arm != against]
    if against is None or against not in arms:
        return []
    names = list(dict.fromkeys(split for entry in baselines.values() for split in entry))
    by_key = {(run.arm, run.seed): run for run in runs}
    result = []
    for split in names:
        zero = float(baselines[ZERO][split]["mse"])
        for arm in others:
            pairs = [(by_key[arm, seed], by_key[against, seed]) for seed in paired_seeds(runs, arm, against)]
            finding = compared(pairs, split, zero, len(others), registration)
            result.append(comparison_entry(arm, against, split, finding, registration))
    return result


def paired_seeds(runs: Sequence[RunResult], arm: str, against: str) -> list[int]:
    """Return the seeds at which both arms came to an end; diverged runs count, unfinished ones cannot."""
    ended = {(run.arm, run.seed) for run in runs if run.state in {"finished", "diverged"}}
    return sorted(seed for name, seed in ended if name == arm and (against, seed) in ended)


def compared(
    pairs: Sequence[tuple[RunResult, RunResult]], split: str, zero: float, count: int, registration: Registration
) -> statistics.Finding:
    """Return the finding of one comparison, with diverged runs at the zero predictor's error."""
    first, second = ([pair[side].error(split) for pair in pairs] for side in (0, 1))
    imputed = statistics.impute_diverged(first, second, zero)
    comparison = statistics.compare(imputed.a, imputed.b, count)
    return statistics.verdict(comparison, registration.seeds, registration.margin)


def comparison_entry(
    arm: str, against: str, split: str, finding: statistics.Finding, registration: Registration
) -> dict[str, Any]:
    """Return a comparison as an entry of `results.json`; numbers that do not exist are null."""
    c = finding.comparison
    numbers = {"ratio": c.ratio, "low": c.low, "high": c.high, "p": None if c.degenerate else c.p}
    return {
        "arm": arm,
        "against": against,
        "split": split,
        "registered": split == registration.split,
        "seeds": c.n,
        **{name: value if value is not None and math.isfinite(value) else None for name, value in numbers.items()},
        "verdict": finding.words,
        "sentence": finding.sentence(arm, against),
    }
