"""How well an energy solves a fixed split."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ravine.batch import Batch
from ravine.energies.base import Energy
from ravine.seeding import Seeds
from ravine.solution import Solution
from ravine.solver import Renoise, Solver
from ravine.tasks.base import BLOCK, Task
from ravine.tasks.fixed import FixedSplit
from ravine.tasks.metrics.base import Metric

Tick = Callable[[int], None]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """A metric of every problem, (problems,), and how much each problem counts in the mean; None: all the same."""

    values: Values
    weights: Values | None = None

    @property
    def mean(self) -> float:
        """The mean over problems; where none of them counts, all count the same."""
        return float(np.average(self.values, weights=self._counting))

    @property
    def standard_error(self) -> float | None:
        """The standard error of the mean over problems, of a ratio estimator if weighted; a single one has none."""
        n = len(self.values)
        if n < 2:
            return None
        w = np.ones(n) if self._counting is None else self._counting / self._counting.mean()
        spread = np.sqrt(((w * (self.values - self.mean)) ** 2).sum() / (n - 1))
        return float(spread / np.sqrt(n))

    @property
    def _counting(self) -> Values | None:
        return self.weights if self.weights is not None and self.weights.any() else None


@dataclass(frozen=True)
class SplitScore:
    """Every metric on one fixed split, by name in the task's order, and the cost.

    `evaluations`: of the energy, or the network without one, per problem; `seconds`: of solving all problems.
    """

    split: str
    hash: str
    metrics: Mapping[str, Measured]
    evaluations: float
    seconds: float

    @property
    def problems(self) -> int:
        """How many problems were solved."""
        return len(next(iter(self.metrics.values())).values)


def measured(metrics: tuple[Metric, ...], batch: Batch, answer: Tensor) -> dict[str, Measured]:
    """Return every metric of a batch's answers, by name."""
    result = {}
    for metric in metrics:
        weights = metric.weights(batch)
        values = metric.values(batch, answer)
        result[metric.name] = Measured(array(values), None if weights is None else array(weights))
    return result


def joined(parts: list[dict[str, Measured]]) -> dict[str, Measured]:
    """Return the metrics of several batches as those of one."""
    result = {}
    for name, first in parts[0].items():
        weights = None if first.weights is None else np.concatenate([part[name].weights for part in parts])
        result[name] = Measured(np.concatenate([part[name].values for part in parts]), weights)
    return result


def array(values: Tensor) -> Values:
    """Return a tensor's values as float64."""
    result: Values = values.detach().double().cpu().numpy()
    return result


def fixed_starts(task: Task, split: str, first: int, batch: Batch, starts: int | slice, visit: int = 0) -> Tensor:
    """Return the standard normal noise of problems `first`, ... in `batch`, (starts, size, ...), on the CPU.

    Each block of problems and each start has a generator of its own, so that neither the number of problems nor that of
    starts changes another start. `visit`: 0 for what a start begins from, i for the i-th time that it is renoised.
    """
    seeds = Seeds(0, ("fixed", task.identity, split, "starts"))
    size, shape = len(batch), batch.y.shape[1:]
    result = []
    for start in range(starts) if isinstance(starts, int) else range(starts.start, starts.stop):
        path = (str(start),) if visit == 0 else (str(start), "renoise", str(visit))
        blocks = [
            torch.randn((BLOCK, *shape), generator=seeds.child(*path, str(index)).generator())
            for index in range(first // BLOCK, (first + size - 1) // BLOCK + 1)
        ]
        offset = first % BLOCK
        result.append(torch.cat(blocks)[offset : offset + size])
    return torch.stack(result)


def solve_fixed(
    task: Task, energy: Energy[Any], solver: Solver, split: str, first: int, batch: Batch, starts: int
) -> Solution:
    """Solve problems `first`, ... of a fixed split, in `batch`, from their own starts."""
    device = batch.y.device

    def renoise(visit: int, some: slice) -> Tensor:
        return fixed_starts(task, split, first, batch, some, visit).to(device)

    drawn = solver.renoise and (starts > 1 or not energy.has_energy)
    noise: Renoise | None = renoise if drawn else None
    return solver.solve(energy, batch.problems(), fixed_starts(task, split, first, batch, starts).to(device), noise)


def score(
    task: Task,
    energy: Energy[Any],
    solver: Solver,
    split: FixedSplit,
    starts: int = 1,
    device: torch.device | str = "cpu",
    tick: Tick = lambda problems: None,
    chunk: int = BLOCK,
) -> SplitScore:
    """Solve a fixed split's problems, `chunk` at a time, and score the answers; `tick` is given the problems solved."""
    parts, seconds, evaluations, metrics = [], 0.0, 0.0, task.metrics()
    for first in range(0, len(split.batch), chunk):
        batch = split.batch.rows(slice(first, first + chunk)).to(device)
        began = time.perf_counter()
        solution = solve_fixed(task, energy, solver, split.name, first, batch, starts)
        parts.append(measured(metrics, batch, solution.answer))
        seconds += time.perf_counter() - began
        evaluations += solution.evaluations * len(batch)
        tick(len(batch))
    return SplitScore(split.name, split.hash, joined(parts), evaluations / len(split.batch), seconds)
