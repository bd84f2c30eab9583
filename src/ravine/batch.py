"""Problems and their right answers, many at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from ravine.origin import Origin


@dataclass(frozen=True)
class Shape:
    """What an energy is made for: the shapes of one problem `x` and one answer `y`.

    `groups`: families of groups of cells that constrain one another, cells numbered in order (rows, columns, boxes of
    a board, say); empty where a task has none.
    """

    x: tuple[int, ...]
    y: tuple[int, ...]
    groups: tuple[tuple[tuple[int, ...], ...], ...] = ()


@dataclass(frozen=True)
class Batch:
    """Problems `x`, right answers `y`, and optionally the entries of `y` that the problem itself fixes.

    Shapes: `x` (b, ...), `y` (b, ...), `given` as `y`, true where an entry is held: never noised, never moved.
    `origin`: which problem of a finite pool each is, if they are drawn from one.
    """

    x: Float[Tensor, "b *problem"]
    y: Float[Tensor, "b *answer"]
    given: Bool[Tensor, "b *answer"] | None = None
    origin: Origin | None = None

    def __len__(self) -> int:
        return self.x.shape[0]

    def rows(self, rows: slice | Int[Tensor, " chosen"]) -> "Batch":
        """Return the problems in `rows`, a range or indices, alone."""
        given = None if self.given is None else self.given[rows]
        return Batch(self.x[rows], self.y[rows], given, self.origin and self.origin.rows(rows))

    def repeat(self, times: int) -> "Batch":
        """Return every problem `times` times in a row: (b, ...) becomes (b * times, ...)."""
        if times == 1:
            return self
        given = None if self.given is None else self.given.repeat_interleave(times, 0)
        x, y = self.x.repeat_interleave(times, 0), self.y.repeat_interleave(times, 0)
        return Batch(x, y, given, self.origin and self.origin.repeat(times))

    def replaced(self, rows: slice, by: "Batch") -> "Batch":
        """Return the batch with the problems in `rows` replaced."""
        given = None
        if self.given is not None and by.given is not None:
            given = replaced(self.given, rows, by.given)
        origin = None
        if self.origin is not None and by.origin is not None:
            item, source = self.origin.item, self.origin.source
            origin = Origin(replaced(item, rows, by.origin.item), replaced(source, rows, by.origin.source))
        return Batch(replaced(self.x, rows, by.x), replaced(self.y, rows, by.y), given, origin)

    def problems(self) -> "Batch":
        """Return the batch without its right answers: `y` is 0 but for the given entries."""
        y = torch.zeros_like(self.y)
        return Batch(self.x, y if self.given is None else torch.where(self.given, self.y, y), self.given)

    @property
    def unknown(self) -> Bool[Tensor, "b *answer"]:
        """Which entries of the answers are not given."""
        return torch.ones_like(self.y, dtype=torch.bool) if self.given is None else ~self.given

    def free(self, noise: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return noise with none at the given entries."""
        return noise if self.given is None else noise.masked_fill(self.given, 0)

    def hold(self, answers: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return `answers` with the given entries at their right values."""
        return answers if self.given is None else torch.where(self.given, self.y, answers)

    def to(self, device: torch.device | str) -> "Batch":
        """Return the batch on `device`."""
        given = None if self.given is None else self.given.to(device)
        return Batch(self.x.to(device), self.y.to(device), given, self.origin and self.origin.to(device))


def joined(batches: Sequence[Batch]) -> Batch:
    """Return the problems of several batches as one; where they were drawn from is left out."""
    if len(batches) == 1:
        return batches[0]
    given = None
    if any(batch.given is not None for batch in batches):
        given = torch.cat([~batch.unknown for batch in batches])
    return Batch(torch.cat([batch.x for batch in batches]), torch.cat([batch.y for batch in batches]), given)


def replaced(
    values: Shaped[Tensor, "b *shape"], rows: slice, by: Shaped[Tensor, "some *shape"]
) -> Shaped[Tensor, "b *shape"]:
    """Return values per problem with those in `rows` replaced."""
    return torch.cat([values[: rows.start], by, values[rows.stop :]])


def per_problem(values: Shaped[Tensor, " b"], like: Tensor) -> Tensor:
    """Return one value a problem, (b,), shaped (b, 1, ..., 1) so that it multiplies a tensor shaped as `like`."""
    return values.reshape(values.shape[0], *[1] * (like.dim() - 1))


def by_problem(rows: Shaped[Tensor, "rows *shape"], count: int) -> Shaped[Tensor, "b count *shape"]:
    """Return rows that hold `count` entries for each problem in turn, (b * count, ...), as (b, count, ...)."""
    return rows.reshape(rows.shape[0] // count, count, *rows.shape[1:])
