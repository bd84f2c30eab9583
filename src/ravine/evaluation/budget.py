"""How scores grow with compute at solve time: descent steps per landscape, and starts of which the lowest wins."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ravine.energies.base import Energy
from ravine.evaluation.score import Measured, Tick, joined, measured, solve_fixed
from ravine.solver import Solver
from ravine.tasks.base import BLOCK, Task
from ravine.tasks.fixed import FixedSplit


@dataclass(frozen=True)
class BudgetScore:
    """Scores on a split at one budget of solving.

    `steps`: descent steps per landscape; `starts`: of which the lowest energy wins, problem by problem; `metrics`: by
    name; `distinct`: mean number of different decoded answers among the starts; `ceiling`: share of problems that any
    of the starts solves, by the verifier; `evaluations`: energy evaluations per problem; `seconds`: of solving all.
    """

    steps: int
    starts: int
    metrics: Mapping[str, Measured]
    distinct: float
    ceiling: float
    evaluations: float
    seconds: float


def budget_scores(
    task: Task,
    energy: Energy[Any],
    solver_of: Callable[[int], Solver],
    split: FixedSplit,
    steps: Sequence[int],
    starts: Sequence[int],
    device: torch.device | str = "cpu",
    tick: Tick = lambda problems: None,
    chunk: int = BLOCK,
) -> list[BudgetScore]:
    """Score every pair of `steps` and `starts` on a fixed split, in their order.

    Starts are nested: few of them are the first ones of many, each is solved once, and a budget's answers are those
    that `Solver.solve` gives. `tick` is given the problems solved, once per start.
    """
    return [
        score
        for count in steps
        for score in scores_of(task, energy, solver_of(count), split, count, starts, device, tick, chunk)
    ]


def scores_of(
    task: Task,
    energy: Energy[Any],
    solver: Solver,
    split: FixedSplit,
    steps: int,
    starts: Sequence[int],
    device: torch.device | str,
    tick: Tick,
    chunk: int,
) -> list[BudgetScore]:
    """Score every number of starts at one number of steps; a start's share of the seconds is the same for all."""
    parts: dict[int, list[dict[str, Measured]]] = {count: [] for count in starts}
    distinct, solved, evaluations = (dict.fromkeys(starts, 0.0) for _ in range(3))
    seconds, most, metrics = 0.0, max(starts), task.metrics()
    for first in range(0, len(split.batch), chunk):
        batch = split.batch.rows(slice(first, first + chunk)).to(device)
        began = time.perf_counter()
        solution = solve_fixed(task, energy, solver, split.name, first, batch, most)
        right = torch.stack([task.solved(batch.problems(), answer) for answer in solution.answers])
        seconds += time.perf_counter() - began
        decoded = torch.stack([batch.hold(task.space.decode(answer)) for answer in solution.answers])
        new = first_seen(decoded.flatten(2))
        for count in starts:
            parts[count].append(measured(metrics, batch, solution.best_of(count)))
            distinct[count] += float(new[:count].sum())
            solved[count] += float(right[:count].any(0).sum())
            evaluations[count] += solution.evaluations_of(count) * len(batch)
        tick(len(batch) * most)
    size = len(split.batch)
    return [
        BudgetScore(
            steps=steps,
            starts=count,
            metrics=joined(parts[count]),
            distinct=distinct[count] / size,
            ceiling=solved[count] / size,
            evaluations=evaluations[count] / size,
            seconds=seconds * count / most,
        )
        for count in starts
    ]


def first_seen(answers: torch.Tensor) -> torch.Tensor:
    """Return which of each problem's answers, (starts, b, entries), equals none before it, (starts, b)."""
    seen = [
        ~torch.stack([(answer == earlier).all(1) for earlier in answers[:index]]).any(0)
        if index
        else torch.ones(answers.shape[1], dtype=torch.bool, device=answers.device)
        for index, answer in enumerate(answers)
    ]
    return torch.stack(seen)
