"""Figures are written and show something, for whole results and for what is left of broken ones."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ravine.report import figures
from ravine.tasks.files import Picture


def size(path: Path, figure: Figure) -> tuple[int, int]:
    figures.save(figure, path)
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    assert len(content) > 1000
    return width, height


def forming(values: NDArray[np.float64], energies: NDArray[np.float64]) -> Figure:
    order = list(reversed(range(len(values))))
    return figures.answer_forming("forming", [Picture(each) for each in values], order, energies)


@pytest.mark.parametrize("landscapes", [1, 10])
def test_an_answer_forming_is_written(tmp_path: Path, landscapes: int) -> None:
    errors = np.linspace(1, 0, landscapes * 16).reshape(landscapes, 4, 4)
    size(tmp_path / "forming.png", forming(errors, np.linspace(5, 1, 6 * landscapes).reshape(landscapes, 6)))


def test_an_answer_forming_out_of_nothing_finite_is_still_written(tmp_path: Path) -> None:
    size(tmp_path / "nan.png", forming(np.full((2, 4, 4), np.nan), np.full((2, 3), np.nan)))


def test_an_answer_right_from_the_start_is_still_written(tmp_path: Path) -> None:
    size(tmp_path / "zero.png", forming(np.zeros((2, 4, 4)), np.zeros((2, 3))))


def test_a_board_has_its_digits_written_wrong_ones_marked(tmp_path: Path) -> None:
    wrong = np.eye(4, dtype=bool)
    board = Picture(np.full((4, 4), 0.5), False, [list("1234")] * 4, wrong, (2, 2))
    drawn = figures.answer_forming("forming", [board], [0], np.zeros((1, 1)))
    written = [text for axes in drawn.subfigs[0].axes for text in axes.texts]
    assert [text.get_text() for text in written] == list("1234") * 4
    assert sum(text.get_color() == figures.COLOURS[1] for text in written) == 4
    size(tmp_path / "board.png", drawn)
