"""Fixed problems of a small discrete space: none comes twice before every one has come once."""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Int
from torch import Tensor

from ravine.seeding import Seeds
from ravine.tasks.base import BLOCK

Draw = Callable[[int, torch.Generator], Int[Tensor, "size n"]]


def distinct(draw: Draw, size: int, total: int, seeds: Seeds) -> Iterator[Int[Tensor, "some n"]]:
    """Yield `size` rows that `draw` gives, those left out that came before: a larger set extends a smaller one.

    `total`: how many different rows there are; once all of them have come, rows may repeat. In blocks, each drawn when
    it is asked for.
    """
    seen: set[tuple[int, ...]] = set()
    count, block = 0, 0
    while count < size:
        kept = []
        for row in map(tuple, draw(BLOCK, seeds.child(str(block)).generator()).tolist()):
            if row not in seen or len(seen) == total:
                kept.append(row)
                seen.add(row)
        if kept:
            yield torch.tensor(kept[: size - count])
        count, block = count + len(kept), block + 1
