"""Test, validation and training problems kept apart: each problem belongs to one part, by its content."""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ravine.batch import Batch
from ravine.seeding import Seeds
from ravine.tasks.base import Purpose, Task

BLOCK = 100
"""Fixed problems are made in blocks of so many: eight times as many and more are drawn for each."""
EIGHTHS: Mapping[Purpose, tuple[int, int]] = {"test": (0, 1), "validation": (1, 2), "fit": (2, 8)}
"""Which of eight equal shares of all problems are for what; those to fit are what training draws from, too."""
SPARE = 8
"""Standard deviations of the number of problems of a part by which more are drawn than are wanted."""
MIXERS = (-0x61C8864680B583EB, -0x40A7B892E31B1A47, -0x6B2FB644ECCEEE15)
"""Odd 64-bit numbers (those of splitmix64, signed)."""


def eighth(facts: Bool[Tensor, "b *facts"]) -> Int[Tensor, " b"]:
    """Return which eighth of all problems each belongs to, a hash of its facts: the same on every device."""
    flat = facts.flatten(1)
    place = mixed(torch.arange(1, flat.shape[1] + 1, device=facts.device))
    return mixed(torch.where(flat, place, 0).sum(1)) & 7


def mixed(numbers: Int[Tensor, "*shape"]) -> Int[Tensor, "*shape"]:
    """Return each number's 64 bits, mixed so that all depend on all."""
    for shift, mixer in zip((30, 27, 31), MIXERS, strict=True):
        numbers = (numbers ^ (numbers >> shift)) * mixer
    return numbers ^ (numbers >> 32)


def first_of(
    purpose: Purpose, size: int, draw: Callable[[int], Bool[Tensor, "count *facts"]]
) -> Bool[Tensor, "size *facts"]:
    """Return the first `size` problems of the part for a purpose among as many drawn as that takes, and to spare.

    Where the part holds hardly any problem, since there is only a handful in all, those of it are repeated.
    """
    low, high = EIGHTHS[purpose]
    share = (high - low) / 8
    facts = draw(math.ceil((size + SPARE * math.sqrt(size * (1 - share)) + 2 * SPARE) / share))
    part = eighth(facts)
    others = (part < low) | (part >= high)
    order, count = others.to(torch.int8).argsort(stable=True), (~others).sum().clamp(min=1)
    return facts[order[torch.arange(size, device=facts.device) % count]]


class PartitionedTask(Task):
    """A task whose problems are sets of facts, true or false, and belong to one part each by these."""

    @abstractmethod
    def draw(
        self, count: int, generator: torch.Generator, split: str, dtype: torch.dtype
    ) -> Bool[Tensor, "count *facts"]:
        """Return the facts of `count` problems of a split, of whichever part."""

    @abstractmethod
    def batch_of(self, facts: Bool[Tensor, "b *facts"], dtype: torch.dtype) -> Batch:
        """Return problems of these facts with their answers."""

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return `size` problems of the part that training draws from."""
        return self._part("fit", size, generator, split, dtype)

    def fixed(self, split: str, purpose: Purpose, size: int) -> Iterator[Batch]:
        """Yield `size` problems of the part for a purpose, in blocks, each from a generator of its own."""
        seeds = Seeds(0, ("fixed", self.identity, split, purpose))
        for index, start in enumerate(range(0, size, BLOCK)):
            block = self._part(purpose, BLOCK, seeds.child(str(index)).generator(), split, torch.float64)
            yield block.rows(slice(0, min(BLOCK, size - start)))

    def _part(self, purpose: Purpose, size: int, generator: torch.Generator, split: str, dtype: torch.dtype) -> Batch:
        facts = first_of(purpose, size, lambda count: self.draw(count, generator, split, dtype))
        return self.batch_of(facts, dtype)
