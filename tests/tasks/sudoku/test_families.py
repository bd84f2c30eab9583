import pytest
import torch

from ravine.tasks.sudoku.boards import make_boards
from ravine.tasks.sudoku.exact import solutions
from ravine.tasks.sudoku.families import family, part_of
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.symmetries import Symmetries


@pytest.mark.parametrize("box", [Box(2, 3), Box(3, 2), Box(3, 3), Box(2, 4)], ids=str)
def test_a_family_is_closed_under_every_symmetry(box: Box) -> None:
    generator = torch.Generator().manual_seed(0)
    grids = make_boards(box, "train", "same", 20, 0).solution
    images = Symmetries.draw(box, 20, generator).apply(grids)
    names = [family(grid, box) for grid in grids.flatten(1).tolist()]
    assert [family(grid, box) for grid in images.flatten(1).tolist()] == names
    assert len(set(names)) > 5


def test_4x4_grids_make_12_families_of_renamed_digits() -> None:
    box = Box(2, 2)
    grids = list(solutions([0] * 16, box))
    assert len({family(grid, box) for grid in grids}) == 12
    renamed = [[5 - digit for digit in grid] for grid in grids]
    assert [family(grid, box) for grid in renamed] == [family(grid, box) for grid in grids]
    assert {part_of(grid, box) for grid in grids} == {"train", "validation", "test"}
