"""Boards as problems and answers: from integers to one-hot entries of +-1 and back."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.answers import one_hot
from ravine.tasks.base import Strata
from ravine.tasks.sudoku.boards import Boards
from ravine.tasks.sudoku.shape import Box


def batch_of(boards: Boards, dtype: torch.dtype = torch.float32) -> Batch:
    """Return puzzles and solutions, (b, n, n), as x and y of (b, row, column, digit); clues' entries are given.

    +1 at a cell's digit and -1 elsewhere; an empty cell of x is all -1, as released.
    """
    n = boards.puzzle.shape[-1]
    x, y = (one_hot(digits - 1, n).to(dtype) for digits in (boards.puzzle, boards.solution))
    return Batch(x, y, (boards.puzzle > 0)[..., None].expand(y.shape))


def digits_of(y: Float[Tensor, "b n n n"]) -> Int[Tensor, "b n n"]:
    """Return the digit that every cell of an answer stands for, 1 to n."""
    return y.argmax(-1) + 1


def clues_of(x: Float[Tensor, "b n n n"]) -> Int[Tensor, "b n n"]:
    """Return the clues of problems, 0 where a cell is empty."""
    return torch.where((x > 0).any(-1), digits_of(x), 0)


def by_clues(clues: Bool[Tensor, "b n n"], box: Box) -> Strata:
    """Return how many clues boards have, in bands of n / 3 of them: 17 to 19, 20 to 22, ... on 9 x 9."""
    edges = tuple(map(float, range(2, box.cells + box.n, max(1, box.n // 3))))
    return Strata("clues, from and to below", clues.flatten(1).sum(1), edges)
