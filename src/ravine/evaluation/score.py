"""How well an energy solves a fixed split."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ravine.energies.base import Energy
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.tasks.base import Task
from ravine.tasks.fixed import BLOCK, FixedSplit

Tick = Callable[[int], None]


@dataclass(frozen=True)
class SplitScore:
    """Scores on one fixed split: means, the errors of every problem, and the cost.

    `evaluations`: energy evaluations per problem; `seconds`: of solving all problems.
    """

    split: str
    hash: str
    mse: float
    residual: float
    mse_per_problem: NDArray[np.float64]
    residual_per_problem: NDArray[np.float64]
    evaluations: int
    seconds: float

    @property
    def standard_error(self) -> float | None:
        """The standard error of the mean squared error over problems; a single one has none."""
        return standard_error(self.mse_per_problem)


def standard_error(values: NDArray[np.float64]) -> float | None:
    """Return the standard error of the mean of the values; None for a single one."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None


def fixed_starts(task: Task, split: str, first: int, size: int, restarts: int) -> Tensor:
    """Return the standard normal starts of problems `first`, ..., (restarts, size, ...), on the CPU.

    Each block of problems and each restart has a generator of its own, so that neither the number of problems nor
    that of restarts changes another start.
    """
    seeds = Seeds(0, ("fixed", task.identity, split, "starts"))
    starts = []
    for restart in range(restarts):
        blocks = [
            torch.randn((BLOCK, *task.y_shape), generator=seeds.child(str(restart), str(index)).generator())
            for index in range(first // BLOCK, (first + size - 1) // BLOCK + 1)
        ]
        offset = first % BLOCK
        starts.append(torch.cat(blocks)[offset : offset + size])
    return torch.stack(starts)


def score(
    task: Task,
    energy: Energy[Any],
    solver: Solver,
    split: FixedSplit,
    restarts: int = 1,
    device: torch.device | str = "cpu",
    tick: Tick = lambda problems: None,
    chunk: int = BLOCK,
) -> SplitScore:
    """Solve a fixed split's problems, `chunk` at a time, and score the answers; `tick` hears of problems solved."""
    mse, residual, seconds, evaluations = [], [], 0.0, 0
    for first in range(0, len(split.batch), chunk):
        batch = split.batch.rows(slice(first, first + chunk)).to(device)
        starts = fixed_starts(task, split.name, first, len(batch), restarts).to(device)
        began = time.perf_counter()
        solution = solver.solve(energy, batch.x, starts)
        scores = task.scores(batch, solution.answer)
        mse.append(scores.mse.double().cpu())
        residual.append(scores.residual.double().cpu())
        seconds += time.perf_counter() - began
        evaluations = solution.evaluations
        tick(len(batch))
    errors, residuals = torch.cat(mse).numpy(), torch.cat(residual).numpy()
    return SplitScore(
        split.name, split.hash, float(errors.mean()), float(residuals.mean()), errors, residuals, evaluations, seconds
    )
