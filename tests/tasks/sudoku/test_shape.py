import pytest

from ravine.errors import ConfigurationError
from ravine.tasks.sudoku.shape import Box

BOXES = [Box(2, 2), Box(2, 3), Box(3, 2), Box(3, 3), Box(2, 4)]


@pytest.mark.parametrize("box", BOXES, ids=str)
def test_every_kind_of_group_covers_the_board_once(box: Box) -> None:
    for kind in range(3):
        groups = box.groups[kind * box.n : (kind + 1) * box.n]
        assert sorted(cell for group in groups for cell in group) == list(range(box.cells))
    assert box.index().tolist() == [list(group) for group in box.groups]


@pytest.mark.parametrize("box", BOXES, ids=str)
def test_boxes_are_rectangles_of_the_box_shape(box: Box) -> None:
    for group in box.groups[2 * box.n :]:
        rows, columns = {cell // box.n for cell in group}, {cell % box.n for cell in group}
        assert (len(rows), len(columns)) == (box.rows, box.columns)
        assert (max(rows) - min(rows), max(columns) - min(columns)) == (box.rows - 1, box.columns - 1)


@pytest.mark.parametrize("box", BOXES, ids=str)
def test_peers_are_the_cells_that_share_a_group(box: Box) -> None:
    for cell in range(box.cells):
        sharing = {other for group in box.groups if cell in group for other in group} - {cell}
        assert set(box.peers[cell]) == sharing
        assert all(cell in box.groups[group] for group in box.groups_of[cell])


def test_a_box_of_one_row_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="1 x 9"):
        Box(1, 9)
