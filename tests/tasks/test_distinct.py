"""Fixed problems come once each, and again only when there are no others."""

import torch
from torch import Tensor

from ravine.seeding import Seeds
from ravine.tasks.distinct import distinct

SEEDS = Seeds(0, ("test",))


def pairs(size: int, generator: torch.Generator) -> Tensor:
    return torch.randint(0, 6, (size, 2), generator=generator)


def rows(size: int, total: int) -> list[tuple[int, ...]]:
    return [tuple(row) for block in distinct(pairs, size, total, SEEDS) for row in block.tolist()]


def test_all_come_once_before_any_comes_twice() -> None:
    assert len(set(rows(36, 36))) == 36
    more = rows(3000, 36)  # the second thousand draws bring nothing new unless all have come
    assert len(more) == 3000
    assert len(set(more[:36])) == 36


def test_a_larger_set_extends_a_smaller_one() -> None:
    assert rows(2500, 36)[:40] == rows(40, 36)


def test_blocks_are_drawn_when_they_are_asked_for() -> None:
    asked = []

    def counted(size: int, generator: torch.Generator) -> Tensor:
        asked.append(size)
        return torch.randint(0, 2**40, (size, 2), generator=generator)

    next(iter(distinct(counted, 50_000, 2**80, SEEDS)))
    assert len(asked) == 1
