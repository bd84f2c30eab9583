"""Which problem of a finite pool a training problem is, and under which symmetry."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Origin:
    """The problems' numbers in their pool, `item` (b,), and where in its answers each entry of theirs comes from.

    `source`: (b, entries), a permutation a row: an answer's flat entry e is entry `source[e]` of its item's own answer.
    """

    item: Int[Tensor, " b"]
    source: Int[Tensor, "b entries"]

    def rows(self, rows: slice | Int[Tensor, " chosen"]) -> "Origin":
        """Return the origin of the problems in `rows`, a range or indices, alone."""
        return Origin(self.item[rows], self.source[rows])

    def repeat(self, times: int) -> "Origin":
        """Return every problem's origin `times` times in a row."""
        return Origin(self.item.repeat_interleave(times, 0), self.source.repeat_interleave(times, 0))

    def to(self, device: torch.device | str) -> "Origin":
        """Return the origin on `device`."""
        return Origin(self.item.to(device), self.source.to(device))

    def shown(self, own: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return answers as the items have them as the problems have them."""
        return own.flatten(1).gather(1, self.source).reshape(own.shape)

    def own(self, shown: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return answers as the problems have them as their items have them: the inverse of `shown`."""
        flat = shown.flatten(1)
        return torch.empty_like(flat).scatter(1, self.source, flat).reshape(shown.shape)
