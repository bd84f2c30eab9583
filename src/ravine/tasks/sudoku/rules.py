"""The rules on many boards at once, and the two that people solve with; boards are integers, 0 where empty."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ravine.tasks.sudoku.shape import Box

Marks = Bool[Tensor, "b n n n"]


def digits(boards: Int[Tensor, "b n n"]) -> Marks:
    """Return whether a cell holds a digit, (board, row, column, digit)."""
    return boards[..., None] == torch.arange(1, boards.shape[-1] + 1, device=boards.device)


def by_group(marks: Marks, box: Box) -> Int[Tensor, "b groups n"]:
    """Return how often every row, column and box, (3n), holds every digit."""
    counts = marks.long()
    a, b, n = box.rows, box.columns, box.n
    boxes = counts.reshape(-1, b, a, a, b, n).sum((2, 4)).reshape(-1, n, n)
    return torch.cat([counts.sum(2), counts.sum(1), boxes], 1)


def over_groups(of_group: Bool[Tensor, "b groups n"], box: Box) -> Marks:
    """Return, at every cell and digit, whether any of the cell's three groups is marked."""
    n = box.n
    rows, columns, boxes = of_group[:, :n], of_group[:, n : 2 * n], of_group[:, 2 * n :]
    boxes = boxes.reshape(-1, box.columns, box.rows, n)
    boxes = boxes.repeat_interleave(box.rows, 1).repeat_interleave(box.columns, 2)
    return rows[:, :, None] | columns[:, None] | boxes


def valid(boards: Int[Tensor, "b n n"], box: Box) -> Bool[Tensor, " b"]:
    """Return whether every row, column and box holds every digit."""
    return (by_group(digits(boards), box) == 1).flatten(1).all(1)


def clashing(boards: Int[Tensor, "b n n"], box: Box) -> Bool[Tensor, "b n n"]:
    """Return the cells whose digit stands elsewhere in their row, column or box too."""
    marks = digits(boards)
    return (marks & over_groups(by_group(marks, box) > 1, box)).any(-1)


def candidates(boards: Int[Tensor, "b n n"], box: Box) -> Marks:
    """Return the digits that an empty cell may take: those that its row, column and box lack; none if it is filled."""
    marks = digits(boards)
    return ~over_groups(by_group(marks, box) > 0, box) & (boards == 0)[..., None]


def naked_singles(boards: Int[Tensor, "b n n"], box: Box) -> Int[Tensor, "b n n"]:
    """Fill cells that have one candidate until none is left; cells that this does not decide stay empty."""
    return to_fixed_point(boards, lambda boards: fill(boards, only_candidate(candidates(boards, box))))


def naked_and_hidden_singles(boards: Int[Tensor, "b n n"], box: Box) -> Int[Tensor, "b n n"]:
    """Fill cells that have one candidate, and digits that have one place in a group, until none is left.

    Naked singles come first, hidden ones where a board has none.
    """

    def step(boards: Tensor) -> Tensor:
        may = candidates(boards, box)
        naked = only_candidate(may)
        stuck = ~naked.flatten(1).any(1)
        hidden = may & over_groups(by_group(may, box) == 1, box)
        return fill(boards, naked | (hidden & stuck[:, None, None, None]))

    return to_fixed_point(boards, step)


def only_candidate(may: Marks) -> Marks:
    """Return the candidates that stand alone in their cell."""
    return may & (may.sum(-1, keepdim=True) == 1)


def fill(boards: Int[Tensor, "b n n"], marks: Marks) -> Int[Tensor, "b n n"]:
    """Return the boards with the marked digits written in; of several in a cell, the lowest."""
    return torch.where(marks.any(-1), marks.to(torch.uint8).argmax(-1) + 1, boards)


def to_fixed_point(boards: Tensor, step: Callable[[Tensor], Tensor]) -> Tensor:
    """Return what repeated steps do not change any more."""
    while not torch.equal(after := step(boards), boards):
        boards = after
    return boards
