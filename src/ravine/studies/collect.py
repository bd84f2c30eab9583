"""From the runs' directories to a study's results: scores by arm and seed, comparisons, and what they come to."""

from collections.abc import Mapping, Sequence
from typing import Any

from ravine.studies.compute import compute_section
from ravine.studies.entries import entries
from ravine.studies.environments import differences, environments
from ravine.studies.evidence import outcome
from ravine.studies.interim import judged
from ravine.studies.kinds import kind_of
from ravine.studies.outcome import RunResult, read_run
from ravine.studies.pairing import ZERO, Baselines, comparisons
from ravine.studies.plan import PlannedRun, Registration
from ravine.studies.problems import problem_intervals
from ravine.studies.registering import History, registration_entry
from ravine.studies.stability import divergence, rate_entry

SCHEMA = 1


def results(
    task: str,
    plan: Sequence[PlannedRun],
    baselines: Baselines,
    registration: Registration,
    history: History | None = None,
    interim: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the study's results in the form of `results.json`, schema 1, read from the runs' directories."""
    kinds = {run.arm: kind_of(run.config) for run in reversed(plan)}
    runs = [read_run(run, registration.split, kinds[run.arm]) for run in plan]
    found = results_of(task, runs, baselines, registration, history, interim)
    intervals = problem_intervals(found["comparisons"], plan, registration.split)
    for entry in found["comparisons"]:
        entry["over_problems"] = intervals.get(entry["arm"]) if entry["registered"] else None
    return found


def results_of(
    task: str,
    runs: Sequence[RunResult],
    baselines: Baselines,
    registration: Registration,
    history: History | None = None,
    interim: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the results of runs that were read already.

    `history`: the registrations that the directory holds; `interim`: the look that was taken, if one was.
    """
    arms = list(dict.fromkeys(run.arm for run in runs))
    found = comparisons(runs, arms, baselines, registration)
    if interim is not None and interim["action"] == "stop":
        found = judged(found, interim, registration)
    zero = baselines.get(ZERO, {}).get(registration.split, {}).get("mse")
    rates = divergence(runs, registration.split, zero, registration.divergence)
    decided = registration_entry(registration, arms, history or [])
    concluded = outcome(found, runs, rates, baselines, registration)
    if late := decided["registered_after"]:
        concluded["sentence"] += f" Registered after {late} runs had ended: read it as exploratory."
    return {
        "schema": SCHEMA,
        "task": task,
        "splits": split_facts(runs, baselines, registration),
        "baselines": baselines,
        "registration": decided,
        "interim": interim,
        "outcome": concluded,
        "arms": {
            arm: {
                "kind": next(run.kind for run in runs if run.arm == arm),
                "diverged": rate_entry(rates[arm]),
                "runs": [run_entry(run, baselines) for run in runs if run.arm == arm],
            }
            for arm in arms
        },
        "environment": {
            "values": environments([run.facts for run in runs]),
            "differences": differences([(f"{run.arm}, seed {run.seed},", run.facts) for run in runs]),
        },
        "comparisons": entries(found),
        "compute": compute_section(runs, arms, registration),
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
    measured = [entry[split] for entry in baselines.values() if split in entry]
    best = min((entry["mse"] for entry in measured if entry["trivial"]), default=0.0)
    return 1 - mse / best if mse is not None and best > 1e-12 else None
