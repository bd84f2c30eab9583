"""How accuracy grows with compute at solve time: descent steps per landscape, and restarts of which the lowest wins."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ravine.batch import Batch, per_problem
from ravine.energies.base import Energy
from ravine.evaluation.score import Tick, fixed_starts, standard_error
from ravine.solver import Solver
from ravine.tasks.base import Task
from ravine.tasks.fixed import BLOCK, FixedSplit


@dataclass(frozen=True)
class BudgetScore:
    """Scores on a split at one budget of solving.

    `steps`: descent steps per landscape; `restarts`: starts of which the lowest energy wins, problem by problem;
    `evaluations`: energy evaluations per problem; `seconds`: of solving all problems.
    """

    steps: int
    restarts: int
    mse: float
    standard_error: float | None
    residual: float
    evaluations: int
    seconds: float


@dataclass(frozen=True)
class Best:
    """The lowest-energy answers of the first `restarts` starts, and what they had cost by then."""

    restarts: int
    answer: Float[Tensor, "b *answer"]
    evaluations: int
    seconds: float


def budget_scores(
    task: Task,
    energy: Energy[Any],
    solver_of: Callable[[int], Solver],
    split: FixedSplit,
    steps: Sequence[int],
    restarts: Sequence[int],
    device: torch.device | str = "cpu",
    tick: Tick = lambda problems: None,
    chunk: int = BLOCK,
) -> list[BudgetScore]:
    """Score every pair of `steps` and `restarts` on a fixed split, in their order.

    Starts are nested: those of few restarts are the first ones of many, each is solved once, and a budget's answers are
    those that `Solver.solve` gives. `tick` hears of problems solved.
    """
    return [
        score
        for count in steps
        for score in scores_of(task, energy, solver_of(count), split, count, restarts, device, tick, chunk)
    ]


def scores_of(
    task: Task,
    energy: Energy[Any],
    solver: Solver,
    split: FixedSplit,
    steps: int,
    restarts: Sequence[int],
    device: torch.device | str,
    tick: Tick,
    chunk: int,
) -> list[BudgetScore]:
    """Score every number of restarts at one number of steps."""
    mse: dict[int, list[Tensor]] = {count: [] for count in restarts}
    residual: dict[int, list[Tensor]] = {count: [] for count in restarts}
    seconds, evaluations = dict.fromkeys(restarts, 0.0), dict.fromkeys(restarts, 0)
    for first in range(0, len(split.batch), chunk):
        batch = split.batch.rows(slice(first, first + chunk)).to(device)
        starts = fixed_starts(task, split.name, first, len(batch), max(restarts)).to(device)
        for best in nested(energy, solver, batch, starts, tick):
            if best.restarts in mse:
                scores = task.scores(batch, best.answer)
                mse[best.restarts].append(scores.mse.double().cpu())
                residual[best.restarts].append(scores.residual.double().cpu())
                seconds[best.restarts] += best.seconds
                evaluations[best.restarts] = best.evaluations
    return [
        BudgetScore(
            steps=steps,
            restarts=count,
            mse=float(joined(mse[count]).mean()),
            standard_error=standard_error(joined(mse[count])),
            residual=float(joined(residual[count]).mean()),
            evaluations=evaluations[count],
            seconds=seconds[count],
        )
        for count in restarts
    ]


def nested(energy: Energy[Any], solver: Solver, batch: Batch, starts: Tensor, tick: Tick) -> Iterator[Best]:
    """Yield the best answers after each further start."""
    spent, evaluations = 0.0, 0
    for index in range(len(starts)):
        began = time.perf_counter()
        solution = solver.solve(energy, batch.x, starts[index : index + 1])
        if index == 0:
            answer, value = solution.answer, solution.energy
        else:
            lower = solution.energy < value
            answer = torch.where(per_problem(lower, answer), solution.answer, answer)
            value = torch.where(lower, solution.energy, value)
        spent, evaluations = spent + time.perf_counter() - began, evaluations + solution.evaluations
        tick(len(batch))
        yield Best(index + 1, answer, evaluations, spent)


def joined(parts: Sequence[Tensor]) -> NDArray[np.float64]:
    """Return the values of all chunks as one array."""
    return torch.cat(list(parts)).numpy()
