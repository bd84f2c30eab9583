"""Figures are written and show something, for whole results and for what is left of broken ones."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from ravine.report import figures


def size(path: Path, figure: Figure) -> tuple[int, int]:
    figures.save(figure, path)
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    assert len(content) > 1000
    return width, height


@pytest.mark.parametrize("landscapes", [1, 10])
def test_an_answer_forming_is_written(tmp_path: Path, landscapes: int) -> None:
    errors = np.linspace(1, 0, landscapes * 16).reshape(landscapes, 4, 4)
    figure = figures.answer_forming(
        errors, np.linspace(5, 1, 6 * landscapes).reshape(landscapes, 6), (errors**2).mean((1, 2))
    )
    size(tmp_path / "forming.png", figure)


def test_an_answer_forming_out_of_nothing_finite_is_still_written(tmp_path: Path) -> None:
    errors = np.full((2, 4, 4), np.nan)
    size(tmp_path / "nan.png", figures.answer_forming(errors, np.full((2, 3), np.nan), np.full(2, np.nan)))


def test_an_answer_right_from_the_start_is_still_written(tmp_path: Path) -> None:
    size(tmp_path / "zero.png", figures.answer_forming(np.zeros((2, 4, 4)), np.zeros((2, 3)), np.zeros(2)))
