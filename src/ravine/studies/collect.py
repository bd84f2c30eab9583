"""From the runs' directories to a study's results: scores by arm and seed, and paired comparisons with verdicts."""

from collections.abc import Sequence
from typing import Any

from ravine.studies.outcome import RunResult, read_run
from ravine.studies.pairing import Baselines, comparisons
from ravine.studies.plan import PlannedRun, Registration

SCHEMA = 1


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


def skill_of(mse: float | None, split: str, baselines: Baselines) -> float | None:
    """Return 1 - MSE / MSE of the best trivial baseline; None where that one is exact or a number is missing."""
    trivial = [entry[split]["mse"] for entry in baselines.values() if entry[split]["trivial"]]
    best = min(trivial, default=0.0)
    return 1 - mse / best if mse is not None and best > 1e-12 else None
