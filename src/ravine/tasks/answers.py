"""Where answers live: how a point is read as an answer, and what a wrong answer of the same kind is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

NEAR = 0.1


class AnswerSpace(ABC):
    """A set of answers. Entries that can only change together, a one-hot group say, make one *cell*.

    `symbolic`: the numbers by which an answer is shown are names of values, between which there is no distance.
    """

    symbolic: ClassVar[bool] = False

    @abstractmethod
    def decode(self, y: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return the answer that each point stands for: the nearest one in the space."""

    @abstractmethod
    def cells(self, entries: Bool[Tensor, "b *answer"]) -> Bool[Tensor, "b cells"]:
        """Return which cells hold any of the `entries`."""

    @abstractmethod
    def redrawn(self, y: Float[Tensor, "b *answer"], generator: torch.Generator) -> Float[Tensor, "b *answer"]:
        """Return answers that differ from `y` in every cell."""

    @abstractmethod
    def spread(self, cells: Bool[Tensor, "b cells"], like: Float[Tensor, "b *answer"]) -> Bool[Tensor, "b *answer"]:
        """Return which entries belong to the `cells`, shaped as `like`."""

    def shown(self, y: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *shown"]:
        """Return the numbers by which each answer is shown."""
        return y

    def directions(
        self, y: Float[Tensor, "b *answer"], given: Bool[Tensor, "b *answer"] | None, count: int, draw: torch.Generator
    ) -> Float[Tensor, "count b *answer"]:
        """Return directions from `y` to other answers, half of the free cells redrawn, as long as N(0, 1) noise is.

        Of that length over the entries that are not given: their root mean square is 1.
        """
        away = torch.stack([self.corrupt(y, given, 0.5, draw) - y for _ in range(count)])
        free = torch.ones_like(away) if given is None else (~given).to(y.dtype).expand_as(away)
        axes = tuple(range(2, away.dim()))
        shares = away.square().sum(axes, keepdim=True) / free.sum(axes, keepdim=True).clamp(min=1)
        return away / shares.sqrt().clamp(min=torch.finfo(y.dtype).tiny)

    def corrupt(
        self,
        y: Float[Tensor, "b *answer"],
        given: Bool[Tensor, "b *answer"] | None,
        rate: float,
        generator: torch.Generator,
    ) -> Float[Tensor, "b *answer"]:
        """Return `y` with a share `rate` of its free cells redrawn, at least one in each row that has a free cell."""
        held = self.cells(torch.zeros_like(y, dtype=torch.bool) if given is None else given)
        chance = torch.rand(held.shape, generator=generator, device=y.device, dtype=y.dtype)
        chance = chance.masked_fill(held, 2.0)
        touched = ((chance < rate) | (chance == chance.amin(1, keepdim=True))) & ~held
        return torch.where(self.spread(touched, y), self.redrawn(y, generator), y)


@dataclass(frozen=True)
class Reals(AnswerSpace):
    """Real entries, each a cell; an entry is redrawn from N(0, rms^2), rms that of the row's right answer.

    What is drawn nearer than rms / 10 to the old entry is moved that far away from it: it could pass for right.
    """

    def decode(self, y: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return the points themselves."""
        return y

    def cells(self, entries: Bool[Tensor, "b *answer"]) -> Bool[Tensor, "b cells"]:
        """Return the entries, flat."""
        return entries.flatten(1)

    def spread(self, cells: Bool[Tensor, "b cells"], like: Float[Tensor, "b *answer"]) -> Bool[Tensor, "b *answer"]:
        """Return the cells, shaped as `like`."""
        return cells.reshape(like.shape)

    def redrawn(self, y: Float[Tensor, "b *answer"], generator: torch.Generator) -> Float[Tensor, "b *answer"]:
        """Return normal entries of each row's own root mean square, none of them near its old one."""
        rms = y.flatten(1).square().mean(1).sqrt().reshape(-1, *[1] * (y.dim() - 1))
        drawn = torch.randn(y.shape, generator=generator, device=y.device, dtype=y.dtype) * rms
        away = torch.where(drawn >= y, NEAR, -NEAR) * rms
        return torch.where((drawn - y).abs() < NEAR * rms, y + away, drawn)

    def directions(
        self, y: Float[Tensor, "b *answer"], given: Bool[Tensor, "b *answer"] | None, count: int, draw: torch.Generator
    ) -> Float[Tensor, "count b *answer"]:
        """Return standard normal directions, none of which moves a given entry."""
        drawn = torch.randn((count, *y.shape), generator=draw, device=y.device, dtype=y.dtype)
        return drawn if given is None else drawn.masked_fill(given, 0)


@dataclass(frozen=True)
class Signs(Reals):
    """Entries of +-1, each a cell; 0 is read as +1, and an entry is redrawn as its negative."""

    def decode(self, y: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return the sign of every entry."""
        return torch.where(y >= 0, 1.0, -1.0).to(y.dtype)

    def redrawn(self, y: Float[Tensor, "b *answer"], generator: torch.Generator) -> Float[Tensor, "b *answer"]:
        """Return every entry negated; nothing is drawn."""
        return -y

    directions = AnswerSpace.directions


@dataclass(frozen=True)
class OneHot(AnswerSpace):
    """Groups of entries along the last axis, +1 at one place and -1 elsewhere; each group is a cell.

    The greatest entry is read as the +1 (of equal ones the first); a cell is redrawn as another of its values.
    """

    symbolic = True

    def decode(self, y: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return +1 at the greatest entry of every group, -1 elsewhere."""
        return one_hot(y.argmax(-1), y.shape[-1]).to(y.dtype)

    def shown(self, y: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *shown"]:
        """Return every cell's value, counted from 0, (b, *cells); nan where an entry is."""
        return y.argmax(-1).to(y.dtype).masked_fill(y.isnan().any(-1), torch.nan)

    def cells(self, entries: Bool[Tensor, "b *answer"]) -> Bool[Tensor, "b cells"]:
        """Return the groups with any of the entries, flat."""
        return entries.any(-1).flatten(1)

    def spread(self, cells: Bool[Tensor, "b cells"], like: Float[Tensor, "b *answer"]) -> Bool[Tensor, "b *answer"]:
        """Return every entry of the cells' groups."""
        return cells.reshape(*like.shape[:-1], 1).expand(like.shape)

    def redrawn(self, y: Float[Tensor, "b *answer"], generator: torch.Generator) -> Float[Tensor, "b *answer"]:
        """Return another value in every cell."""
        size = y.shape[-1]
        step = torch.randint(1, size, y.shape[:-1], generator=generator, device=y.device)
        return one_hot((y.argmax(-1) + step) % size, size).to(y.dtype)


def one_hot(values: Int[Tensor, "*cells"], size: int) -> Float[Tensor, "*cells size"]:
    """Return +1 at each value's place and -1 at the other places of a new last axis of `size`."""
    places = torch.arange(size, device=values.device)
    return torch.where(values[..., None] == places, 1.0, -1.0)
