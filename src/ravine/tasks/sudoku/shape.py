"""The shape of a board: n x n cells, n = a b, in boxes of `a` rows and `b` columns."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Int
from torch import Tensor

from ravine.errors import ConfigurationError


@dataclass(frozen=True)
class Box:
    """A box of `rows` x `columns` cells, which fixes the board's size; a `ConfigurationError` below 2 x 2.

    Boards are numbered row by row: cell `i` is at row `i // n`, column `i % n`.
    """

    rows: int
    columns: int

    def __post_init__(self) -> None:
        if self.rows < 2 or self.columns < 2:
            raise ConfigurationError(f"a box has at least 2 rows and 2 columns, not {self.rows} x {self.columns}")

    @cached_property
    def n(self) -> int:
        """Cells in a row, a column or a box, and digits."""
        return self.rows * self.columns

    @cached_property
    def cells(self) -> int:
        """Cells of the board."""
        return self.n**2

    @property
    def name(self) -> str:
        """The board's size, as "9x9"."""
        return f"{self.n}x{self.n}"

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The cells of every row, then of every column, then of every box."""
        n, span = self.n, range(self.n)
        rows = [tuple(n * i + j for j in span) for i in span]
        columns = [tuple(n * i + j for i in span) for j in span]
        boxes = [tuple(n * i + j for i in span for j in span if self.box_of(i, j) == box) for box in span]
        return (*rows, *columns, *boxes)

    @cached_property
    def groups_of(self) -> tuple[tuple[int, int, int], ...]:
        """The numbers in `groups` of every cell's row, column and box."""
        n = self.n
        return tuple((i, n + j, 2 * n + self.box_of(i, j)) for i in range(n) for j in range(n))

    @cached_property
    def peers(self) -> tuple[tuple[int, ...], ...]:
        """For every cell, the other cells of its row, column and box, in order."""
        return tuple(
            tuple(sorted({cell for group in groups for cell in self.groups[group]} - {i}))
            for i, groups in enumerate(self.groups_of)
        )

    def box_of(self, row: int, column: int) -> int:
        """Return the number of the box at `row` and `column`, counted row by row."""
        return row // self.rows * self.rows + column // self.columns

    def index(self) -> Int[Tensor, "groups n"]:
        """Return `groups` as a tensor, (3n, n)."""
        return torch.tensor(self.groups)


def square(n: int) -> Box | None:
    """Return the box of n cells that is as square as n allows, wide rather than high; None without one of 2 x 2."""
    rows = max(a for a in range(1, n + 1) if n % a == 0 and a * a <= n)
    return Box(rows, n // rows) if rows > 1 else None
