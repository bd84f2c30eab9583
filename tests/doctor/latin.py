"""A small task with givens and one-hot answers: Latin squares of order four, some of their cells given."""

import functools
import itertools
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.seeding import Seeds
from ravine.tasks.answers import OneHot, one_hot
from ravine.tasks.base import Purpose, Task
from ravine.tasks.baselines import Baseline, MeanAnswer, Zero
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.cells import UnknownCells
from ravine.tasks.metrics.solved import Solved

N = 4
PARTS = {"train": slice(0, 376), "test": slice(376, 476), "validation": slice(476, 576)}


@functools.cache
def squares() -> Tensor:
    """Return all 576 Latin squares of order four, in a fixed order that has nothing to do with their content."""
    rows = [torch.tensor(row) for row in itertools.permutations(range(N))]
    found = [
        torch.stack(square)
        for square in itertools.product(rows, repeat=N)
        if all(len(set(column)) == N for column in zip(*(row.tolist() for row in square), strict=True))
    ]
    return torch.stack(found)[torch.randperm(len(found), generator=torch.Generator().manual_seed(0))]


class Latin(Task):
    """Fill a Latin square; 6 to 10 of 16 cells are given, 3 to 5 on `harder`. Finite: parts share no square."""

    name = "latin"
    bound = solve_bound = 1.0
    space = OneHot()

    def __init__(self) -> None:
        self.x_shape = self.y_shape = (N, N, N)
        self.squares = squares()

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        return self.drawn("train", size, generator, split, dtype)

    def fixed(self, split: str, purpose: Purpose, size: int) -> Iterator[Batch]:
        generator = Seeds(0, ("fixed", self.identity, split, purpose)).generator()
        yield self.drawn("train" if purpose == "fit" else purpose, size, generator, split, torch.float64)

    def drawn(self, part: str, size: int, generator: torch.Generator, split: str, dtype: torch.dtype) -> Batch:
        known = self.squares[PARTS[part]].to(generator.device)
        y = known[torch.randint(len(known), (size,), generator=generator, device=generator.device)]
        least, most = (6, 10) if split == "same" else (3, 5)
        count = torch.randint(least, most + 1, (size, 1), generator=generator, device=generator.device)
        order = torch.rand((size, N * N), generator=generator, device=generator.device).argsort(1).argsort(1)
        given = (order < count).reshape(size, N, N, 1).expand(size, N, N, N)
        answer = one_hot(y, N).to(dtype)
        return Batch(torch.where(given, answer, 0.0), answer, given.clone())

    def solved(self, batch: Batch, answer: Tensor) -> Tensor:
        read = self.space.decode(answer) > 0
        latin = (read.sum(1) == 1).flatten(1).all(1) & (read.sum(2) == 1).flatten(1).all(1)
        if batch.given is None:
            return latin
        return latin & ((self.space.decode(answer) == batch.y) | ~batch.given).flatten(1).all(1)

    def own_metrics(self) -> tuple[Metric, ...]:
        return (UnknownCells(self.space), Solved(self.solved))

    def baselines(self) -> Mapping[str, Baseline]:
        return {"zero": Zero(), "mean": MeanAnswer()}
