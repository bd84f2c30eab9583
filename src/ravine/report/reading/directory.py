"""From a directory to what a report is about; collected studies, unfinished ones and single runs alike."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ravine.analysis import upgrade
from ravine.errors import InputError
from ravine.report.reading.subject import ENDED, Facts, Run, Subject, mapping, real
from ravine.training.attempts import attempts
from ravine.training.directory import LASTING, RunDirectory, read_json

NO_RUN = "no directory"


def read(path: Path) -> Subject:
    """Return what a directory is about; an `InputError` if it is neither a study's nor a run's."""
    if not path.is_dir():
        raise InputError(f"{path}: no such directory; name a study's or a run's")
    if (path / "results.json").exists() or (path / "study.json").exists():
        return read_study(path)
    if (path / "config.json").exists():
        return read_single(path)
    raise InputError(f"{path}: neither a study's directory (no study.json) nor a run's (no config.json)")


def held(file: Path) -> dict[str, Any]:
    """Return a JSON file's table; an empty one if there is no such file."""
    return read_json(file) if file.exists() else {}


def read_study(path: Path) -> Subject:
    """Return the study in a directory, collected or not."""
    study, results = held(path / "study.json"), upgrade.results(held(path / "results.json"))
    collected = "arms" in results
    runs = list(collected_runs(path, results)) if collected else []
    known = {(run.arm, run.seed) for run in runs}
    runs += [run for run in planned_runs(path, study) if (run.arm, run.seed) not in known]
    runs = [run for run in runs if not collected or run.arm in results["arms"]]
    if not collected:
        results = {**uncollected(path, study), **results}
    arms = list(dict.fromkeys([*mapping(results.get("arms")), *mapping(study.get("arms"))]))
    runs.sort(key=lambda run: (arms.index(run.arm), run.seed))
    return Subject(
        "study", path, path.resolve().name, tuple(runs), results, study, mapping(study.get("run")), collected
    )


def collected_runs(path: Path, results: Facts) -> Iterator[Run]:
    """Yield the runs that `results.json` tells of."""
    for arm, entry in results["arms"].items():
        for found in mapping(entry).get("runs") or []:
            seed = int(real(found.get("seed", 0)))
            place = path / str(found.get("path") or f"runs/{arm}/seed-{seed}")
            facts = {key: value for key, value in found.items() if key != "splits"}
            yield Run(arm, seed, place, str(found.get("state", "unknown")), mapping(found.get("splits")), facts)


def planned_runs(path: Path, study: Facts) -> Iterator[Run]:
    """Yield the runs that `study.json` plans, as their directories tell of them."""
    first, count = (real(study.get(key)) for key in ("first_seed", "seeds"))
    if not math.isfinite(first + count):
        return
    for arm in mapping(study.get("arms")):
        for seed in range(int(first), int(first + count)):
            yield told(path / "runs" / arm / f"seed-{seed}", arm, seed)


def told(path: Path, arm: str, seed: int) -> Run:
    """Return a run as its own directory tells of it; one without a directory is missing."""
    directory = RunDirectory(path)
    if not path.is_dir():
        return Run(arm, seed, path, "missing", {}, {"reason": NO_RUN})
    status = directory.status()
    scored = upgrade.evaluation(held(directory.evaluation)) if status.get("state") == ENDED else {}
    facts: dict[str, Any] = {
        "steps": status.get("step"),
        "train_seconds": status.get("seconds"),
        "energy_evaluations": scored.get("training_evaluations"),
        "operations": scored.get("training_operations"),
        "solve_seconds": sum_of(scored, "solve_seconds"),
        "environment": tried[-1]["environment"] if (tried := attempts(directory)) else {},
        **{what: status.get(what) for what in ("moved", *LASTING)},
        "validation": mapping(scored.get("validation")),
        "metrics": mapping(scored.get("metrics")),
        "reason": status.get("error") or f"{status.get('state')} at step {status.get('step')}",
    }
    return Run(arm, seed, path, str(status.get("state")), mapping(scored.get("splits")), facts)


def sum_of(scored: Facts, key: str) -> float | None:
    """Return the sum of a cost over all splits, if any was scored."""
    found = [real(mapping(entry).get(key)) for entry in mapping(scored.get("splits")).values()]
    return sum(found) if found else None


def uncollected(path: Path, study: Facts) -> dict[str, Any]:
    """Return what can be said of a study before its end: what was decided beforehand, and the baselines if measured."""
    return {
        "registration": {key: study.get(key) for key in ("baseline", "seeds", "split", "margin", "metric")},
        "baselines": upgrade.baselines(mapping(held(path / "baselines.json").get("baselines"))),
    }


def read_single(path: Path) -> Subject:
    """Return a single run; its baselines come from its own `baselines.json` or its study's, if of the same sets."""
    config = read_json(path / "config.json")
    run = told(path, arm_name(path, mapping(config.get("mining"))), int(real(config.get("seed", 0))))
    results = {"baselines": single_baselines(path, run), "task": task_name(config), "splits": run.splits}
    return Subject("run", path, path.resolve().name, (run,), results, {}, config, collected=True)


def arm_name(path: Path, mining: Facts) -> str:
    """Return the name of a single run's arm: as its study calls it, else after what it mines."""
    folder = path.resolve().parent
    if folder.parent.name == "runs":
        return folder.name
    curriculum = mining.get("curriculum")
    if curriculum not in {None, "constant"}:
        return str(curriculum)
    return "mixture" if mining.get("mixture") else str(mining.get("arm", "run"))


def single_baselines(path: Path, run: Run) -> Facts:
    """Return the baselines measured on the very test sets that a run was scored on."""
    hashes = {split: mapping(entry).get("hash") for split, entry in run.splits.items()}
    for folder in (path, *path.resolve().parents[2:3]):
        found = held(folder / "baselines.json")
        if hashes.items() <= mapping(found.get("hashes")).items():
            return upgrade.baselines(mapping(found.get("baselines")))
    return {}


def task_name(config: Facts) -> str:
    """Return a task's name and size as a configuration tells of them."""
    task = mapping(config.get("task"))
    size = f"/{task['n']}x{task['n']}" if isinstance(task.get("n"), int) else ""
    return f"{task.get('name', 'task')}{size}"


def configured(run: Run) -> Mapping[str, Any]:
    """Return the configuration that a run's directory holds."""
    return held(run.path / "config.json")
