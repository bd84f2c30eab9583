"""A study before its first run: what is planned, what was registered, and whether its directory may hold it."""

from pathlib import Path
from typing import Any

from ravine import build
from ravine.config.faults import checked, unknown
from ravine.config.schema import RunConfig
from ravine.config.sources import arm_run
from ravine.config.study import StudyConfig
from ravine.errors import ConfigurationError, RunError
from ravine.records import at_budget, described_metrics
from ravine.runs import split_names
from ravine.statistics import scale_of
from ravine.studies.measure import ZERO
from ravine.studies.owner import FOLDER as OWNER
from ravine.studies.plan import PlannedRun, Registration, run_path
from ravine.studies.registering import History, register
from ravine.tasks.base import Task
from ravine.training.directory import difference, identity, read_json, write_json

STUDY = "study.json"


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
    """Return the study's runs, seed by seed, so that a half-finished study has its arms paired."""
    seeds = range(study.first_seed, study.first_seed + study.seeds)
    steps = {arm: steps_of(study, arm) for arm in study.arms}
    return [planned_run(study, arm, seed, steps[arm], out) for seed in seeds for arm in study.arms]


def steps_of(study: StudyConfig, arm: str) -> int:
    """Return an arm's optimiser steps: those of the run, or as many as cost what another arm's do."""
    config = arm_run(study, arm, study.first_seed)
    if (other := study.longer.get(arm)) is not None:
        like = build.with_steps(arm_run(study, other, study.first_seed), steps_of(study, other))
        return build.steps_of_equal_cost(config, like, build.operations)
    if study.matching == "steps" or study.baseline not in study.arms or arm == study.baseline:
        return config.training.steps
    baseline = arm_run(study, study.baseline, study.first_seed)
    return build.steps_of_equal_cost(config, baseline, build.COUNTS[study.matching])


def planned_run(study: StudyConfig, arm: str, seed: int, steps: int, out: Path) -> PlannedRun:
    """Return the run of an arm and seed, with the arm's own number of steps."""
    config = build.with_steps(arm_run(study, arm, seed), steps)
    return PlannedRun(arm, seed, config.model_dump(mode="json"), run_path(out, arm, seed), study.keep)


def check_study(study: StudyConfig) -> None:
    """Raise a `ConfigurationError` if the study's arms have no problems, budgets, split or metric in common."""
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
            "run one study for each, as in `ravine compare FILE task.n=5 --out DIR`"
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


def claim(study: StudyConfig, out: Path) -> History:
    """Make the study's directory and return the registrations it holds; a `RunError` if its runs are of another one.

    More seeds and other arms may be added to a study, and a registration that changes is kept beside the earlier ones;
    what its runs are made of may not change.
    """
    earlier = held_study(study, out)
    out.mkdir(parents=True, exist_ok=True)
    history = register(out, registration(study), None if earlier is None else registration(earlier))
    write_json(out / STUDY, study.model_dump(mode="json"))
    return history


def held_study(study: StudyConfig, out: Path) -> StudyConfig | None:
    """Return the study that a directory holds, if it holds one; a `RunError` if that has other runs, or is no study."""
    file = out / STUDY
    wanted = study.model_dump(mode="json")
    if file.exists():
        held = read_json(file)
        both = {arm: changes for arm, changes in wanted["arms"].items() if arm in held.get("arms", {})}
        before = {"run": identity(held.get("run", {})), "arms": {arm: held["arms"][arm] for arm in both}}
        before["matching"] = held.get("matching", "steps")
        if before != (now := {"run": identity(wanted["run"]), "arms": both, "matching": study.matching}):
            raise RunError(f"{out} holds another study ({difference(before, now)}); choose another --out")
        return checked(StudyConfig, held, f"{file}: ")
    if out.exists() and any(path.name != OWNER for path in out.iterdir()):
        raise RunError(f"{out} is not empty and not a study's directory; choose another --out")
    return None


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


def planned_again(out: Path) -> list[PlannedRun]:
    """Return the plan of the study that a directory holds."""
    file = out / STUDY
    return plan(checked(StudyConfig, read_json(file), f"{file}: "), out)
