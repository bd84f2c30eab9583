"""A tiny task with one-hot answers and given entries, and a term of the loss."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.energies.base import Condition, Energy
from ravine.tasks.answers import OneHot, one_hot
from ravine.tasks.base import Task
from ravine.tasks.baselines import Baseline
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.cells import UnknownCells
from ravine.tasks.metrics.solved import Solved
from ravine.terms import Term


class Copy:
    """Predicts the given entries and nothing else."""

    trivial = True

    def fit(self, batches: Iterator[Batch]) -> Callable[[Batch], Tensor]:
        return lambda problems: problems.hold(torch.zeros_like(problems.y))


class Shift(Task):
    """y_i = x_i + 1 modulo 5, one-hot, of 9 cells, the first of them given; x, the cells, is one-hot too."""

    name = "shift"
    x_shape = y_shape = (9, 5)
    bound = solve_bound = 1.0
    space = OneHot()
    splits = ("same", "harder")

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        values = torch.randint(0, 5, (size, 9), generator=generator)
        y = one_hot((values + 1) % 5, 5).to(dtype)
        given = torch.zeros_like(y, dtype=torch.bool)
        given[:, 0] = True
        return Batch(one_hot(values, 5).to(dtype), y, given)

    def solved(self, batch: Batch, answer: Tensor) -> Tensor:
        return (self.space.decode(answer) == batch.x.roll(1, 2)).flatten(1).all(1)

    def own_metrics(self) -> tuple[Metric, ...]:
        return (UnknownCells(self.space), Solved(self.solved))

    def baselines(self) -> Mapping[str, Baseline]:
        return {"copy": Copy()}


class Flat(Term):
    """A term of the loss: the square of the energy of noised right answers."""

    evaluations = 1

    def __call__(self, energy: Energy[Any], condition: Condition, y_k: Tensor, *others: Any) -> Tensor:
        return energy.energy(condition, y_k).square()
