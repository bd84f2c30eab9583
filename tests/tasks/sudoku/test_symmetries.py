import pytest
import torch

from ravine.tasks.sudoku.boards import make_boards
from ravine.tasks.sudoku.exact import solutions
from ravine.tasks.sudoku.rules import valid
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.symmetries import Symmetries


@pytest.mark.parametrize("box", [Box(2, 2), Box(2, 3), Box(3, 2), Box(3, 3)], ids=str)
def test_images_of_solutions_are_solutions_of_the_images_of_their_boards(box: Box) -> None:
    boards = make_boards(box, "train", "same", 30, 0)
    symmetries = Symmetries.draw(box, 30, torch.Generator().manual_seed(0))
    puzzle, solution = symmetries.apply(boards.puzzle), symmetries.apply(boards.solution)
    assert valid(solution, box).all()
    assert torch.where(puzzle > 0, puzzle, solution).equal(solution)
    assert (puzzle > 0).sum() == (boards.puzzle > 0).sum()
    assert (solution != boards.solution).flatten(1).any(1).all()


def test_every_board_has_a_symmetry_of_its_own_and_the_generator_decides() -> None:
    board = make_boards(Box(3, 3), "train", "same", 1, 0).puzzle.expand(50, 9, 9)
    first, again, other = (
        Symmetries.draw(Box(3, 3), 50, torch.Generator().manual_seed(seed)).apply(board) for seed in (0, 0, 1)
    )
    assert first.equal(again)
    assert not first.equal(other)
    assert len({tuple(image) for image in first.flatten(1).tolist()}) == 50


def test_a_transpose_is_drawn_for_square_boxes_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    assert Symmetries.draw(Box(3, 3), 50, generator).transpose.float().mean().item() == pytest.approx(0.5, abs=0.3)
    assert not Symmetries.draw(Box(2, 3), 50, generator).transpose.any()


def test_the_symmetries_reach_every_4x4_grid_of_a_kind() -> None:
    """The 288 grids are images of two, of 96 and 192 grids."""
    grids = torch.tensor(list(solutions([0] * 16, Box(2, 2)))).reshape(-1, 4, 4)
    generator = torch.Generator().manual_seed(0)
    sizes = set()
    for grid in grids[:20]:
        images = Symmetries.draw(Box(2, 2), 5000, generator).apply(grid.expand(5000, 4, 4))
        sizes.add(len({tuple(image) for image in images.flatten(1).tolist()}))
    assert sizes == {96, 192}
