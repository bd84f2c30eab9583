"""What a run's averaged energy scores on its fixed test sets: by split, and by the budget of solving."""

from collections.abc import Sequence
from typing import Any

from ravine import build
from ravine.config.faults import unknown
from ravine.config.schema import RunConfig
from ravine.errors import ConfigurationError, InputError
from ravine.evaluation.budget import BudgetScore, budget_scores
from ravine.evaluation.portrait import PROBLEMS, portrait
from ravine.evaluation.score import SplitScore, Tick, score
from ravine.runs.loading import LoadedRun
from ravine.solver import Solver
from ravine.tasks.base import Task
from ravine.tasks.fixed import fixed_split


def split_names(config: RunConfig, task: Task) -> Sequence[str]:
    """Return the splits to score; a `ConfigurationError` names one that the task does not have or cannot make here."""
    known = (*task.splits, *task.further_splits)
    chosen = config.evaluation.splits or task.splits
    for name in chosen:
        if name not in known:
            raise ConfigurationError(f"evaluation.splits: {unknown('split', name, known)}")
        if name in task.further_splits:
            try:
                fixed_split(task, name, 1)
            except InputError as error:
                raise ConfigurationError(f"evaluation.splits: {error}") from None
    return chosen


def score_splits(
    run: LoadedRun,
    steps: int | None = None,
    starts: int | None = None,
    problems: int | None = None,
    tick: Tick = lambda problems: None,
) -> list[SplitScore]:
    """Score a run's averaged energy on its fixed test sets, with the run's own way of solving unless told otherwise."""
    solver = build.answering(run.config, run.task, steps)
    size = problems or run.config.evaluation.problems
    return [
        score(
            run.task,
            run.energy,
            solver,
            fixed_split(run.task, name, size),
            starts or run.config.solve.starts,
            build.device(run.config),
            tick,
        )
        for name in split_names(run.config, run.task)
    ]


def landscapes(run: LoadedRun) -> dict[str, Any]:
    """Return what a run's averaged energy has learned, on the first problems of its fixed test sets."""
    splits = [fixed_split(run.task, name, PROBLEMS) for name in split_names(run.config, run.task)]
    return portrait(run.task, run.energy, build.solver(run.config, run.task), splits, build.device(run.config))


def budgets(
    run: LoadedRun,
    steps: Sequence[int],
    starts: Sequence[int],
    problems: int,
    tick: Tick = lambda problems: None,
) -> dict[str, list[BudgetScore]]:
    """Score a run's averaged energy at every pair of descent steps per landscape and starts, split by split."""

    def solver_of(count: int) -> Solver:
        return build.answering(run.config, run.task, count)

    return {
        name: budget_scores(
            run.task,
            run.energy,
            solver_of,
            fixed_split(run.task, name, problems),
            steps,
            starts,
            build.device(run.config),
            tick,
        )
        for name in split_names(run.config, run.task)
    }


def registered_budgets(run: LoadedRun) -> dict[str, list[BudgetScore]]:
    """Score a run at each of its `evaluation.budgets`, split by split."""
    by_steps: dict[int, list[int]] = {}
    for steps, starts in run.config.evaluation.budgets:
        by_steps.setdefault(steps, []).append(starts)
    result: dict[str, list[BudgetScore]] = {}
    for steps, counts in by_steps.items():
        for name, scores in budgets(run, [steps], sorted(set(counts)), run.config.evaluation.problems).items():
            result.setdefault(name, []).extend(scores)
    return result
