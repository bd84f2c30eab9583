"""From a study's run directories to `results.json`: of its own run, which decides, and of every point of its axes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ravine import build
from ravine.analysis.measure import Baselines
from ravine.analysis.plan import PLAN, PlannedRun, point_path
from ravine.config.points import Place, places
from ravine.config.schema import RunConfig
from ravine.config.study import StudyConfig
from ravine.evaluation.baselines import baseline_scores
from ravine.experiments.planning import explored_studies, recorded_metrics, registration
from ravine.experiments.registering import History
from ravine.experiments.results import results
from ravine.report.listing import unended
from ravine.runs import split_names
from ravine.tasks.fixed import fixed_split
from ravine.training.directory import read_json, write_json

RESULTS = "results.json"
BASELINES = "baselines.json"


def collected(
    study: StudyConfig, out: Path, made_plan: Sequence[PlannedRun], history: History, interim: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Write what a study came to, and what was found at every point of its axes, and return it.

    A point has a `results.json` of its own in its directory; the study's holds an excerpt of each as "axes".
    """
    plans: dict[str, list[PlannedRun]] = {}
    for run in made_plan:
        plans.setdefault(run.point, []).append(run)
    baselines = study_baselines(study.run, out)
    found = {"": results_at(study, plans[""], baselines, history, interim)}
    for name, each in explored_studies(study).items():
        path = point_path(out, name)
        if same := (each.run.task, each.run.evaluation) == (study.run.task, study.run.evaluation):
            write_json(path / BASELINES, read_json(out / BASELINES))
        own = baselines if same else study_baselines(each.run, path)
        found[name] = results_at(each, plans[name], own)
    found[""]["axes"] = [excerpt(place, found[place.name]) for place in places(study)]
    for name, content in found.items():
        content["command"] = read_json(out / PLAN)["command"]
        write_json(point_path(out, name) / RESULTS, content)
    return found[""]


def results_at(
    study: StudyConfig,
    made_plan: Sequence[PlannedRun],
    baselines: Baselines,
    history: History | None = None,
    interim: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the results of a study's own run, or of one at a point of its axes."""
    task = build.task(study.run)
    metrics = recorded_metrics(study.run, task)
    return results(task.identity, made_plan, baselines, registration(study), history, interim, metrics)


def excerpt(place: Place, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a study's results hold of a point: deciding metrics, comparisons by them, what did not end."""
    measured = content["registration"]["metric"], content["registration"]["split"]
    return {
        **asdict(place),
        "path": str(point_path(Path(), place.name)),
        "task": content["task"],
        "arms": {
            arm: {run["seed"]: value_of(run["splits"], *measured) for run in entry["runs"]}
            for arm, entry in content["arms"].items()
        },
        "unended": [
            {"arm": arm, **{key: run.get(key) for key in ("seed", "state", "reason")}}
            for _, arm, run in unended(content)
        ],
        "comparisons": [entry for entry in content["comparisons"] if (entry["metric"], entry["split"]) == measured],
    }


def value_of(splits: Mapping[str, Any], metric: str, split: str) -> float | None:
    """Return a run's metric on a split; None for a run without."""
    value: float | None = splits.get(split, {}).get("metrics", {}).get(metric, {}).get("value")
    return value


def study_baselines(config: RunConfig, out: Path) -> Baselines:
    """Return the baselines' scores on the study's fixed test sets, computed once and kept in `baselines.json`."""
    task = build.task(config)
    splits = [fixed_split(task, name, config.evaluation.problems) for name in split_names(config, task)]
    hashes = {split.name: split.hash for split in splits}
    file = out / BASELINES
    names = [metric.name for metric in task.metrics()]
    if file.exists() and (held := read_json(file))["hashes"] == hashes and held.get("metrics") == names:
        return dict(held["baselines"])
    scored = {
        entry.name: {
            split: {"trivial": entry.trivial, "metrics": {name: each.mean for name, each in metrics.items()}}
            for split, metrics in entry.splits.items()
        }
        for entry in baseline_scores(task, splits)
    }
    write_json(file, {"hashes": hashes, "metrics": names, "baselines": scored})
    return scored
