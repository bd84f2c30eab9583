"""A study from its configuration to its results: plan, run, collect, report."""

import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ravine import build
from ravine.config.faults import unknown
from ravine.config.schema import RunConfig
from ravine.config.sources import arm_run
from ravine.config.study import StudyConfig
from ravine.errors import ConfigurationError, RunError
from ravine.evaluation.baselines import baseline_scores
from ravine.report.page import NAME, write
from ravine.runs import split_names
from ravine.studies.collect import results
from ravine.studies.pairing import ZERO, Baselines
from ravine.studies.plan import PlannedRun, Registration, run_path
from ravine.studies.queue import LocalQueue, Progress
from ravine.tasks.fixed import fixed_split
from ravine.training.directory import difference, read_json, write_json


@dataclass(frozen=True)
class Outcome:
    """A study's results, the page that tells of them, and whether every planned run was tried."""

    results: dict[str, Any]
    page: Path
    complete: bool


def compare(
    study: StudyConfig,
    out: Path,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    stop: Callable[[], bool] = lambda: False,
    command: str = "",
) -> Outcome:
    """Run what a study still lacks in the directory `out`, then write `results.json` and the report.

    Finished and diverged runs are not repeated; interrupted ones go on from their newest checkpoint.
    """
    made_plan = plan(study, out)
    check_task(study)
    claim(study, out)
    complete = LocalQueue(workers(study), on_progress, stop).run(made_plan)
    if not complete:
        return Outcome({}, out / NAME, complete=False)
    baselines = study_baselines(study.run, out)
    found = {**results(build.task(study.run).identity, made_plan, baselines, registration(study)), "command": command}
    write_json(out / "results.json", found)
    return Outcome(found, write([out]).page, complete=True)


def plan(study: StudyConfig, out: Path) -> list[PlannedRun]:
    """Return the study's runs, seed by seed, so that a half-finished study has its arms paired."""
    seeds = range(study.first_seed, study.first_seed + study.seeds)
    return [
        PlannedRun(arm, seed, arm_run(study, arm, seed).model_dump(mode="json"), run_path(out, arm, seed))
        for seed in seeds
        for arm in study.arms
    ]


def check_task(study: StudyConfig) -> None:
    """Raise a `ConfigurationError` if the study's arms have no problems, split or zero predictor in common."""
    task = build.task(study.run)
    scored = split_names(study.run, task)
    if study.split not in scored:
        raise ConfigurationError(f"split: {study.split!r}: {unknown('split', study.split, scored)}")
    for arm in study.arms:
        changed = arm_run(study, arm, study.first_seed)
        if (changed.task, changed.evaluation) != (study.run.task, study.run.evaluation):
            raise ConfigurationError(
                f"arms.{arm}: changes task or evaluation, and errors on other problems cannot be compared; "
                "run one study for each, as in `ravine compare FILE task.n=5 --out DIR`"
            )
    if ZERO not in task.baselines():
        raise ConfigurationError(f"task {task.name!r}: its baselines() lack {ZERO!r}, at which diverged runs count")


def claim(study: StudyConfig, out: Path) -> None:
    """Make the study's directory; a `RunError` if it holds runs of another configuration.

    More seeds and other arms may be added to a study; what its runs are made of may not change.
    """
    file = out / "study.json"
    wanted = study.model_dump(mode="json")
    if file.exists():
        held = read_json(file)
        both = {arm: changes for arm, changes in wanted["arms"].items() if arm in held.get("arms", {})}
        before = {"run": held.get("run"), "arms": {arm: held["arms"][arm] for arm in both}}
        if before != (now := {"run": wanted["run"], "arms": both}):
            raise RunError(f"{out} holds another study ({difference(before, now)}); choose another --out")
    elif out.exists() and any(out.iterdir()):
        raise RunError(f"{out} is not empty and not a study's directory; choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    write_json(file, wanted)


def pick(study: StudyConfig, arms: Sequence[str]) -> StudyConfig:
    """Return the study with these arms alone, its own or named ones; a `ConfigurationError` names any other."""
    known = [*study.arms, *(name for name in study.run.mining.known_arms if name not in study.arms)]
    if not arms:
        raise ConfigurationError(f"--arms: names no arm; there are {', '.join(known)}")
    for arm in arms:
        if arm not in known:
            raise ConfigurationError(f"--arms: {arm!r}: {unknown('arm', arm, known)}")
    chosen = {arm: study.arms.get(arm, {"mining.arm": arm}) for arm in arms}
    baseline = study.baseline if study.baseline in chosen else arms[0]
    return study.model_copy(update={"arms": chosen, "baseline": baseline})


def workers(study: StudyConfig) -> int:
    """Return how many runs to have at a time: as asked, else one a GPU process, else what the cores allow."""
    if study.workers:
        return study.workers
    if build.device(study.run).type == "cuda":
        return 1
    cores = len(os.sched_getaffinity(0))
    return max(1, cores // (study.run.compute.threads or cores))


def registration(study: StudyConfig) -> Registration:
    """Return what the study decided beforehand."""
    baseline = study.baseline if len(study.arms) > 1 else None
    return Registration(baseline, study.seeds, study.split, study.margin)


def study_baselines(config: RunConfig, out: Path) -> Baselines:
    """Return the baselines' scores on the study's fixed test sets, computed once and kept in `baselines.json`."""
    task = build.task(config)
    splits = [fixed_split(task, name, config.evaluation.problems) for name in split_names(config, task)]
    hashes = {split.name: split.hash for split in splits}
    file = out / "baselines.json"
    if file.exists() and (held := read_json(file))["hashes"] == hashes:
        return dict(held["baselines"])
    scored = {
        entry.name: {split: {"mse": mse, "trivial": entry.trivial} for split, mse in entry.mse.items()}
        for entry in baseline_scores(task, splits)
    }
    write_json(file, {"hashes": hashes, "baselines": scored})
    return scored


def command_line(words: Sequence[str]) -> str:
    """Return the command that repeats a study."""
    return shlex.join(["ravine", *words])
