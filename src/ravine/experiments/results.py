"""From the runs' directories to a study's results: scores by arm and seed, comparisons, and what they come to."""

from collections.abc import Mapping, Sequence
from typing import Any

from ravine.analysis.compute import compute_section
from ravine.analysis.entries import entries
from ravine.analysis.environments import differences, environments
from ravine.analysis.evidence import outcome
from ravine.analysis.interim import judged
from ravine.analysis.kinds import kind_of
from ravine.analysis.measure import Baselines, Measure, Measures, at_every_name, measures_of, skill_of
from ravine.analysis.outcome import RunResult, read_run
from ravine.analysis.pairing import comparisons, splits_of, zero_cost
from ravine.analysis.plan import PlannedRun, Registration
from ravine.analysis.problems import problem_intervals
from ravine.analysis.stability import divergence, rate_entry
from ravine.analysis.upgrade import FIRST, SCHEMA
from ravine.experiments.registering import History, registration_entry


def results(
    task: str,
    plan: Sequence[PlannedRun],
    baselines: Baselines,
    registration: Registration,
    history: History | None = None,
    interim: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the study's results in the form of `results.json`, read from the runs' directories.

    `metrics`: what the runs are to record, as in `evaluation.json`; what they did record is added.
    """
    kinds = {run.arm: kind_of(run.config) for run in reversed(plan)}
    runs = [read_run(run, registration.split, kinds[run.arm]) for run in plan]
    found = results_of(task, runs, baselines, registration, history, interim, metrics)
    measure = Measure.of(registration.metric, found["metrics"][registration.metric])
    intervals = problem_intervals(found["comparisons"], plan, registration.split, measure)
    for entry in found["comparisons"]:
        decides = entry["registered"] and entry["metric"] == registration.metric
        entry["over_problems"] = intervals.get(entry["arm"]) if decides else None
    return found


def results_of(
    task: str,
    runs: Sequence[RunResult],
    baselines: Baselines,
    registration: Registration,
    history: History | None = None,
    interim: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the results of runs that were read already.

    `history`: the registrations that the directory holds; `interim`: the look that was taken, if one was.
    """
    arms = list(dict.fromkeys(run.arm for run in runs))
    measures = recorded(runs, metrics or {})
    measure, baselines = measures[registration.metric], at_every_name(baselines, measures)
    found = comparisons(runs, arms, baselines, measures, registration)
    if interim is not None and interim["action"] == "stop":
        found = judged(found, interim, registration)
    zero = zero_cost(baselines, registration.split, measure)
    rates = divergence(runs, registration.split, measure, zero, registration.divergence)
    decided = registration_entry(registration, arms, history or [])
    concluded = outcome(found, runs, rates, baselines, measure, registration)
    if late := decided["registered_after"]:
        concluded["sentence"] += f" Registered after {late} runs had ended: read it as exploratory."
    return {
        "schema": SCHEMA,
        "task": task,
        "metrics": {name: each.described() for name, each in measures.items()},
        "splits": split_facts(runs, baselines, registration),
        "baselines": baselines,
        "registration": decided,
        "interim": interim,
        "outcome": concluded,
        "arms": {
            arm: {
                "kind": next(run.kind for run in runs if run.arm == arm),
                "diverged": rate_entry(rates[arm]),
                "runs": [run_entry(run, measures, baselines) for run in runs if run.arm == arm],
            }
            for arm in arms
        },
        "environment": {
            "values": environments([run.facts for run in runs]),
            "differences": differences([(f"{run.arm}, seed {run.seed},", run.facts) for run in runs]),
        },
        "comparisons": entries(found),
        "compute": compute_section(runs, arms, measures, registration),
    }


def split_facts(
    runs: Sequence[RunResult], baselines: Baselines, registration: Registration
) -> dict[str, dict[str, Any]]:
    """Return number of problems and content hash of every split; the hash is None until a run was scored on it."""
    names = splits_of(runs, baselines)
    scored = {name: entry for run in runs for name, entry in run.splits.items()}
    return {
        name: {
            "problems": scored.get(name, {}).get("problems"),
            "hash": scored.get(name, {}).get("hash"),
            "decides": name == registration.split,
        }
        for name in names
    }


def recorded(runs: Sequence[RunResult], metrics: Mapping[str, Mapping[str, Any]]) -> Measures:
    """Return the metrics that runs were to record or did; those of schema 1 where nothing is known of any."""
    known = dict(measures_of(metrics))
    for run in runs:
        known.update({name: measure for name, measure in run.metrics.items() if name not in known})
    return known or measures_of(FIRST)


def run_entry(run: RunResult, measures: Measures, baselines: Baselines) -> dict[str, Any]:
    """Return one run as an entry of `results.json`."""
    splits = {
        name: {
            "metrics": entry["metrics"],
            "skill": {
                metric: skill_of(score["value"], name, measures[metric], baselines)
                for metric, score in entry["metrics"].items()
            },
        }
        for name, entry in run.splits.items()
    }
    entry = {"seed": run.seed, "state": run.state, "splits": splits, **run.facts}
    return entry if run.reason is None else {**entry, "reason": run.reason}
