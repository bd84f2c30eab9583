"""Boards of one solution, made from a seed: a random full grid, dug in random order while the solution stays alone."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from jaxtyping import Int
from torch import Tensor

from ravine.tasks.sudoku.exact import another, solutions
from ravine.tasks.sudoku.families import Part, part_of
from ravine.tasks.sudoku.shape import Box

Givens = Literal["same", "harder"]
USUAL_GIVENS: dict[tuple[int, Givens], tuple[int, int]] = {
    (4, "same"): (6, 8),
    (4, "harder"): (4, 5),
    (6, "same"): (14, 18),
    (6, "harder"): (8, 10),
    (9, "same"): (31, 42),
    (9, "harder"): (22, 34),
}


@dataclass(frozen=True)
class Boards:
    """Boards and their only solutions, (b, n, n) each, 0 where a board is empty."""

    puzzle: Int[Tensor, "b n n"]
    solution: Int[Tensor, "b n n"]

    def __len__(self) -> int:
        return len(self.puzzle)


def givens_range(box: Box, givens: Givens) -> tuple[int, int]:
    """Return the least and the most givens of a split.

    4 x 4, 6 x 6 and 9 x 9 boards have the numbers above; others 3/8 to 1/2 of their cells, and harder 1/4 to 3/8.
    """
    least, most = (3 * box.cells // 8, box.cells // 2) if givens == "same" else (box.cells // 4, 3 * box.cells // 8)
    return USUAL_GIVENS.get((box.n, givens), (least, most))


@lru_cache(maxsize=16)
def make_boards(box: Box, part: Part, givens: Givens, size: int, seed: int) -> Boards:
    """Return `size` boards whose grids belong to `part`; a larger set of the same seed begins with a smaller one.

    Every board has a grid and a number of givens of its own, the number drawn uniformly from `givens_range`. A board
    that cannot be dug that far keeps what is left, if that is within the range; if not, it is drawn again.
    """
    made = []
    for index in range(size):
        order = random.Random(f"{seed}/{box.rows}x{box.columns}/{part}/{givens}/{index}")
        made.append(make_board(box, part, givens_range(box, givens), order))
    shape = (size, box.n, box.n)
    puzzle, solution = (torch.tensor(boards).reshape(shape) for boards in zip(*made, strict=True))
    return Boards(puzzle, solution)


def make_board(
    box: Box, part: Part, givens: tuple[int, int], order: random.Random
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return a board with a number of givens in the range, and its only solution, row by row."""
    least, most = givens
    while True:
        solution = next(grids(box, part, order))
        puzzle = dig(solution, box, order.randint(least, most), order)
        if sum(map(bool, puzzle)) <= most:
            return puzzle, solution


def grids(box: Box, part: Part, order: random.Random) -> Iterator[tuple[int, ...]]:
    """Yield random full grids that belong to `part`, row by row."""
    while True:
        first = order.sample(range(1, box.n + 1), box.n)
        grid = next(solutions([*first, *[0] * (box.cells - box.n)], box, order))
        if part_of(grid, box) == part:
            yield grid


def dig(solution: tuple[int, ...], box: Box, givens: int, order: random.Random) -> tuple[int, ...]:
    """Empty cells in random order, each if the solution stays the only one, until `givens` are left or none can go."""
    board, left = list(solution), box.cells
    for cell in order.sample(range(box.cells), box.cells):
        if left == givens:
            break
        board[cell] = 0
        if another(board, cell, solution[cell], box):
            board[cell] = solution[cell]
        else:
            left -= 1
    return tuple(board)
