import pytest
import torch

from ravine.tasks.sudoku.boards import Givens, givens_range, make_boards
from ravine.tasks.sudoku.exact import count
from ravine.tasks.sudoku.families import part_of
from ravine.tasks.sudoku.rules import naked_singles, valid
from ravine.tasks.sudoku.shape import Box

CASES: list[tuple[Box, Givens]] = [
    (box, givens) for box in (Box(2, 2), Box(2, 3), Box(3, 3), Box(2, 4)) for givens in ("same", "harder")
]


@pytest.mark.parametrize(("box", "givens"), CASES, ids=str)
def test_boards_have_one_solution_and_givens_within_the_range(box: Box, givens: Givens) -> None:
    boards = make_boards(box, "validation", givens, 20, 7)
    assert valid(boards.solution, box).all()
    assert torch.where(boards.puzzle > 0, boards.puzzle, boards.solution).equal(boards.solution)
    assert all(count(board, box) == 1 for board in boards.puzzle.flatten(1).tolist())
    least, most = givens_range(box, givens)
    number = (boards.puzzle > 0).flatten(1).sum(1)
    assert ((least <= number) & (number <= most)).all()
    assert len(set(number.tolist())) > 1


@pytest.mark.parametrize(("box", "givens"), CASES, ids=str)
def test_grids_belong_to_the_part_that_was_asked_for(box: Box, givens: Givens) -> None:
    for part in ("train", "validation", "test"):
        grids = make_boards(box, part, givens, 5, 0).solution.flatten(1).tolist()
        assert {part_of(grid, box) for grid in grids} == {part}


def test_a_seed_makes_its_boards_and_a_larger_set_begins_with_a_smaller_one() -> None:
    box = Box(2, 3)
    few, many = make_boards(box, "train", "same", 4, 1), make_boards(box, "train", "same", 8, 1)
    assert many.puzzle[:4].equal(few.puzzle)
    assert many.solution[:4].equal(few.solution)
    assert not make_boards(box, "train", "same", 4, 2).solution.equal(few.solution)
    assert len({tuple(grid) for grid in many.solution.flatten(1).tolist()}) == 8


def test_harder_boards_are_harder() -> None:
    box = Box(3, 3)
    solved = {}
    for givens in ("same", "harder"):
        boards = make_boards(box, "test", givens, 20, 0)
        solved[givens] = valid(naked_singles(boards.puzzle, box), box).float().mean().item()
    assert solved["same"] > 0.6 > 0.4 > solved["harder"]
