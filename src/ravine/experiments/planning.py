"""A study before its first run: what is planned, what is registered, and whether its arms can be compared."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ravine import build
from ravine.analysis.measure import ZERO
from ravine.analysis.plan import PlannedRun, Registration, run_path
from ravine.config.faults import unknown
from ravine.config.points import points
from ravine.config.schema import RunConfig
from ravine.config.sources import arm_run
from ravine.config.study import StudyConfig
from ravine.errors import ConfigurationError
from ravine.runs import split_names
from ravine.runs.records import at_budget, described_metrics
from ravine.statistics import scale_of
from ravine.tasks.base import Task


def pinned(study: StudyConfig) -> StudyConfig:
    """Return the study with the digest of the weights that its runs begin with, where they are another run's.

    Raises what `build.start` does for weights that are not there, or not those that the study began with.
    """
    arms = {}
    for arm, changes in study.arms.items():
        config = arm_run(study, arm, study.first_seed)
        own = config.training.start_from != study.run.training.start_from
        digest = build.start(config)[0].training.start_weights if own else None
        arms[arm] = {**changes, "training.start_weights": digest} if digest else changes
    return study.model_copy(update={"run": build.start(study.run)[0], "arms": arms})


def plan(study: StudyConfig, out: Path) -> list[PlannedRun]:
    """Return the study's runs, those that decide first; seed by seed, so that a half-finished study is paired."""
    explored = explored_studies(study).items()
    arms = [*arms_of(study, out), *(run for name, each in explored for run in arms_of(each, out, name))]
    seeds = range(study.first_seed, study.first_seed + study.seeds)
    made = [replaced(run, seed, out) for seed in seeds for run in arms]
    return sorted(made, key=lambda run: bool(run.point))


def explored_studies(study: StudyConfig) -> dict[str, StudyConfig]:
    """Return the study at the points of its axes, by name, measured by its own metric and with its weights pinned."""
    found = points(study)
    if not found:
        return {}
    metric, _ = registered_metric(study, build.task(study.run))
    return {name: pinned(each.model_copy(update={"metric": metric})) for name, each in found.items()}


def arms_of(study: StudyConfig, out: Path, point: str = "") -> list[PlannedRun]:
    """Return the first seed's run of every arm, each with the arm's own number of steps."""
    return [
        PlannedRun(
            arm,
            study.first_seed,
            build.with_steps(arm_run(study, arm, study.first_seed), steps_of(study, arm)).model_dump(mode="json"),
            run_path(out, arm, study.first_seed, point),
            study.keep,
            point,
        )
        for arm in study.arms
    ]


def replaced(run: PlannedRun, seed: int, out: Path) -> PlannedRun:
    """Return the run of another seed: a run's configuration depends on it in nothing else."""
    path = run_path(out, run.arm, seed, run.point)
    return replace(run, seed=seed, config={**run.config, "seed": seed}, path=path)


def steps_of(study: StudyConfig, arm: str) -> int:
    """Return an arm's optimiser steps: those of the run, its own number, or as many as cost what another arm's do."""
    config = arm_run(study, arm, study.first_seed)
    if isinstance(other := study.longer.get(arm), int):
        return other
    if other is not None:
        like = build.with_steps(arm_run(study, other, study.first_seed), steps_of(study, other))
        return build.steps_of_equal_cost(config, like, build.operations)
    if study.matching == "steps" or study.baseline not in study.arms or arm == study.baseline:
        return config.training.steps
    baseline = arm_run(study, study.baseline, study.first_seed)
    return build.steps_of_equal_cost(config, baseline, build.COUNTS[study.matching])


def check_study(study: StudyConfig) -> None:
    """Raise a `ConfigurationError` if the study's arms have no problems, budgets, split or metric in common.

    Neither at its own run nor at one of the points of its axes, or if there is no such point.
    """
    check_arms(study)
    for name, each in explored_studies(study).items():
        try:
            check_arms(each)
        except ConfigurationError as error:
            raise ConfigurationError(f"axes: at {name}: {error}") from None


def check_arms(study: StudyConfig) -> None:
    """Raise a `ConfigurationError` if the arms have no problems, budgets, split or metric in common."""
    task = build.task(study.run)
    scored = split_names(study.run, task)
    if study.split not in scored:
        raise ConfigurationError(f"split: {study.split!r}: {unknown('split', study.split, scored)}")
    _, facts = registered_metric(study, task)
    base = study.baseline if study.baseline in study.arms else next(iter(study.arms))
    against = arm_run(study, base, study.first_seed)
    for arm in study.arms:
        if why := incomparable(arm_run(study, arm, study.first_seed), against, study):
            raise ConfigurationError(f"arms.{arm}: {why}")
    if facts["scale"] == "ratio" and ZERO not in task.baselines():
        raise ConfigurationError(f"task {task.name!r}: its baselines() lack {ZERO!r}, at which diverged runs count")


def registered_metric(study: StudyConfig, task: Task) -> tuple[str, dict[str, Any]]:
    """Return the metric that decides, with what a reader must know of it; a `ConfigurationError` for an unknown one."""
    metrics = recorded_metrics(study.run, task)
    metric = study.metric or next(iter(metrics))
    for field, name in (("metric", metric), *(("also", name) for name in study.also)):
        if name not in metrics:
            budget = "; NAME@STEPSxSTARTS takes that pair in evaluation.budgets" if "@" in name else ""
            raise ConfigurationError(f"{field}: {name!r}: {unknown('metric', name, list(metrics))}{budget}")
    if len({metric, *study.also}) <= len(study.also):
        raise ConfigurationError("also: a metric is registered twice; name each of the others once")
    return metric, metrics[metric]


def incomparable(arm: RunConfig, baseline: RunConfig, study: StudyConfig) -> str | None:
    """Return why an arm's errors could not be compared with the baseline's, and what to do about it; or None."""
    if (arm.task, arm.evaluation) != (study.run.task, study.run.evaluation):
        return (
            "changes task or evaluation, and errors on other problems cannot be compared; "
            "write them in `run`, or as axes, which explore"
        )
    budgets = [(config.training.steps, config.training.batch) for config in (arm, baseline)]
    if study.matching == "steps" and budgets[0] != budgets[1]:
        (steps, batch), (other_steps, other_batch) = budgets
        return (
            f"trains {steps} steps of batch {batch}, the baseline {other_steps} of {other_batch}, and errors of "
            'unequal budgets cannot be compared; write equal ones, or matching = "compute"'
        )
    if study.matching != "steps" and arm.training.steps != baseline.training.steps:
        return f'sets training.steps, which matching = "{study.matching}" works out; leave it out'
    if arm.solve.stop != "never":
        return "sets solve.stop, by which arms spend unequal budgets of solving; write never"
    mine, theirs = (solving_evaluations(config, study.metric) for config in (arm, baseline))
    if mine != theirs:
        fields = (
            "equal landscapes" if budget_of(arm, study.metric) else "solve.steps and solve.starts that make them equal"
        )
        for config, other in ((arm, theirs), (baseline, mine)):
            if not build.has_energy(config, build.task(config)):
                fields = f"diffusion.landscapes = {other} where {config.energy.name} predicts the noise alone"
        return (
            f"solves with {mine} energy evaluations per problem, the baseline with {theirs}; write {fields}, "
            "or see `ravine evaluate RUN --budget` for what solving longer does"
        )
    return None


def solving_evaluations(config: RunConfig, metric: str | None = None) -> int:
    """Return the evaluations that solving one problem takes for a metric, at its own budget if it has one.

    Of the energy, or of a network that predicts the noise alone.
    """
    steps, starts = budget_of(config, metric) or (None, config.solve.starts)
    task = build.task(config)
    solver = build.solver(config, task, steps)
    each = solver.evaluations if build.has_energy(config, task) else len(solver.order)
    return each * starts


def budget_of(config: RunConfig, metric: str | None) -> tuple[int, int] | None:
    """Return the pair of steps and starts in a metric's name; None for the run's own way of solving."""
    budgets = config.evaluation.budgets if metric else ()
    return next((pair for pair in budgets if metric == at_budget(str(metric).partition("@")[0], *pair)), None)


def recorded_metrics(config: RunConfig, task: Task) -> dict[str, dict[str, Any]]:
    """Return what a run will record, as in "metrics" of its `evaluation.json`, by name: the task's first one first."""
    return described_metrics(task.metrics(), config.evaluation.budgets)


def registration(study: StudyConfig) -> Registration:
    """Return what the study decided beforehand."""
    metric, facts = registered_metric(study, build.task(study.run))
    margin = scale_of(facts["scale"]).default_margin if study.margin is None else study.margin
    return Registration(
        baseline=study.baseline if len(study.arms) > 1 else None,
        seeds=study.seeds,
        split=study.split,
        margin=margin,
        comparisons=study.registered,
        first_seed=study.first_seed,
        metric=metric,
        matching=study.matching,
        divergence=study.divergence,
        interim=study.interim,
        also=study.also,
        longer=tuple(study.longer),
    )
