"""Fixed problems of a small discrete space: none comes twice before every one has come once."""

from collections.abc import Callable

import torch
from jaxtyping import Int
from torch import Tensor

from ravine.seeding import Seeds
from ravine.tasks.base import BLOCK

Draw = Callable[[int, torch.Generator], Int[Tensor, "size n"]]


def distinct(draw: Draw, size: int, total: int, seeds: Seeds) -> Int[Tensor, "size n"]:
    """Return the first `size` rows that `draw` gives, those left out that came before: a larger set extends a smaller.

    `total`: how many different rows there are; once all of them have come, rows may repeat.
    """
    seen: set[tuple[int, ...]] = set()
    kept: list[list[int]] = []
    block = 0
    while len(kept) < size:
        for row in draw(BLOCK, seeds.child(str(block)).generator()).tolist():
            if tuple(row) not in seen or len(seen) == total:
                kept.append(row)
                seen.add(tuple(row))
        block += 1
    return torch.tensor(kept[:size])
