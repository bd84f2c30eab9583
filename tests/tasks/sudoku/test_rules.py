import pytest
import torch
from torch import Tensor

from ravine.tasks.sudoku.boards import make_boards
from ravine.tasks.sudoku.rules import (
    candidates,
    clashing,
    naked_and_hidden_singles,
    naked_singles,
    valid,
)
from ravine.tasks.sudoku.shape import Box

BOXES = [Box(2, 2), Box(2, 3), Box(3, 2), Box(3, 3), Box(2, 4)]


def random_boards(box: Box, share: float) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    boards = torch.randint(1, box.n + 1, (20, box.n, box.n), generator=generator)
    return boards * (torch.rand(boards.shape, generator=generator) < share)


@pytest.mark.parametrize("box", BOXES, ids=str)
def test_candidates_are_what_no_peer_holds(box: Box) -> None:
    boards = random_boards(box, 0.3)
    may = candidates(boards, box).flatten(1, 2)
    for board, marks in zip(boards.flatten(1).tolist(), may.tolist(), strict=True):
        for cell, digit in enumerate(board):
            free = set(range(1, box.n + 1)) - {board[peer] for peer in box.peers[cell]}
            assert {i + 1 for i, mark in enumerate(marks[cell]) if mark} == (set() if digit else free)


@pytest.mark.parametrize("box", BOXES, ids=str)
def test_clashing_cells_share_their_digit_with_a_peer(box: Box) -> None:
    boards = random_boards(box, 0.2)
    for board, clashes in zip(boards.flatten(1).tolist(), clashing(boards, box).flatten(1).tolist(), strict=True):
        assert clashes == [bool(d) and d in {board[peer] for peer in box.peers[i]} for i, d in enumerate(board)]


@pytest.mark.parametrize("box", BOXES, ids=str)
def test_valid_is_every_digit_once_in_every_group(box: Box) -> None:
    solutions = make_boards(box, "train", "same", 8, 0).solution
    assert valid(solutions, box).all()
    broken = solutions.clone()
    broken[:, 0, 0] = broken[:, 0, 0] % box.n + 1
    assert not valid(broken, box).any()
    assert not valid(torch.where(solutions == 1, 0, solutions), box).any()
    cyclic = (torch.arange(box.n)[:, None] + torch.arange(box.n)) % box.n + 1  # right rows and columns, wrong boxes
    assert not valid(cyclic[None], box).any()


@pytest.mark.parametrize("box", BOXES, ids=str)
def test_singles_never_err_and_hidden_ones_add_to_naked_ones(box: Box) -> None:
    boards = make_boards(box, "test", "harder", 30, 1)
    naked, both = naked_singles(boards.puzzle, box), naked_and_hidden_singles(boards.puzzle, box)
    for filled in (naked, both):
        assert torch.where(filled > 0, filled, boards.solution).equal(boards.solution)
        assert (filled > 0).sum() > (boards.puzzle > 0).sum()
    assert ((naked > 0) <= (both > 0)).all()
    assert not (candidates(naked, box).sum(-1) == 1).any()


def test_a_hidden_single_is_filled_where_no_naked_one_is() -> None:
    board = torch.zeros(1, 9, 9, dtype=torch.long)
    board[0, 1, 3] = board[0, 2, 6] = board[0, 4, 1] = board[0, 7, 2] = 5  # leave the first box one place for a 5
    assert naked_singles(board, Box(3, 3)).equal(board)
    assert naked_and_hidden_singles(board, Box(3, 3))[0, 0, 0] == 5
