"""The symmetries of Sudoku, drawn anew for every board: each maps solutions to solutions."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ravine.tasks.sudoku.shape import Box


@dataclass(frozen=True)
class Symmetries:
    """One symmetry a board: transpose it where `transpose`, reorder its rows and columns, rename its digits.

    `rows` and `columns`: where row `i` of the image comes from, (b, n); `names`: the new name of every digit, 0 for
    the empty cell's 0, (b, n + 1); `transpose`: (b,).
    """

    rows: Int[Tensor, "b n"]
    columns: Int[Tensor, "b n"]
    names: Int[Tensor, "b names"]
    transpose: Bool[Tensor, " b"]

    @classmethod
    def draw(cls, box: Box, size: int, generator: torch.Generator, renaming_only: bool = False) -> "Symmetries":
        """Draw `size` symmetries uniformly on the generator's device; only square boxes allow a transpose.

        `renaming_only`: cells stay where they are, and digits alone change their names.
        """
        device = generator.device
        names = permutations((size, box.n), generator) + 1
        names = torch.cat([torch.zeros_like(names[:, :1]), names], 1)
        if renaming_only:
            still = torch.arange(box.n, device=device).expand(size, -1)
            return cls(still, still, names, torch.zeros(size, dtype=torch.bool, device=device))
        transpose = torch.rand(size, generator=generator, device=device) < (0.5 if box.rows == box.columns else 0)
        return cls(
            lines(size, box.columns, box.rows, generator),
            lines(size, box.rows, box.columns, generator),
            names,
            transpose,
        )

    @classmethod
    def identity(cls, box: Box, size: int, device: torch.device) -> "Symmetries":
        """Return the symmetry that leaves every board as it is, `size` times."""
        order = torch.arange(box.n + 1, device=device).expand(size, -1)
        still = order[:, : box.n]
        return cls(still, still, order, torch.zeros(size, dtype=torch.bool, device=device))

    def apply(self, boards: Int[Tensor, "b n n"]) -> Int[Tensor, "b n n"]:
        """Return the image of every board under its own symmetry; puzzle and solution take the same."""
        moved = self.moved(boards)
        return self.names.gather(1, moved.flatten(1)).reshape(moved.shape)

    def moved(self, boards: Int[Tensor, "b n n"]) -> Int[Tensor, "b n n"]:
        """Return every board with its cells where the symmetry moves them, and nothing renamed."""
        n = boards.shape[-1]
        turned = torch.where(self.transpose[:, None, None], boards.mT, boards)
        by_row = turned.gather(1, self.rows[:, :, None].expand(-1, n, n))
        return by_row.gather(2, self.columns[:, None].expand(-1, n, n))

    def entries(self) -> Int[Tensor, "b entries"]:
        """Return from where each entry (row, column, digit) of a moved one-hot board comes, numbered flat, (b, n^3)."""
        n = self.rows.shape[1]
        cells = torch.arange(n * n, device=self.rows.device).reshape(n, n).expand(len(self.rows), n, n)
        digits = self.names[:, 1:].argsort(1)
        return (self.moved(cells)[..., None] * n + digits[:, None, None]).flatten(1)


def permutations(shape: tuple[int, ...], generator: torch.Generator) -> Int[Tensor, "*shape"]:
    """Return random permutations along the last dimension."""
    return torch.rand(shape, generator=generator, device=generator.device).argsort(-1)


def lines(size: int, bands: int, width: int, generator: torch.Generator) -> Int[Tensor, "size n"]:
    """Return random orders of `bands` bands of `width` lines that keep every band together."""
    order = permutations((size, bands), generator)
    return (order[:, :, None] * width + permutations((size, bands, width), generator)).flatten(1)
