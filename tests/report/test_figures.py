"""Figures are written and show something, for whole results and for what is left of broken ones."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from ravine.report import figures

Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _draft(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "DPI", 40)


def row(step: int, gap: float | None = 0.5, denoise: float | None = 1.0, mined: bool = True) -> Row:
    arms = {"random": {"share": 1.0, "gap": gap, "energy_negative": 1.0}} if mined else {}
    return {"step": step, "loss": 1.0, "denoise": denoise, "arms": arms}


def size(path: Path, figure: Figure) -> tuple[int, int]:
    figures.save(figure, path)
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    assert len(content) > 1000
    return width, height


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [[]],
        [[row(1), {"step": 1, "validation": {"same": 0.1}}, row(2)], []],
        [[row(1), row(2, gap=None, denoise=None)]],
        [[row(1, denoise=None)]],
    ],
)
def test_training_curves_of_any_rows_are_written(tmp_path: Path, runs: Sequence[Sequence[Row]]) -> None:
    width, height = size(tmp_path / "curves.png", figures.training_curves({"random": runs}))
    assert width > height > 100


def test_training_curves_without_any_arm(tmp_path: Path) -> None:
    size(tmp_path / "curves.png", figures.training_curves({}))


def test_training_curves_draw_what_was_logged() -> None:
    figure = figures.training_curves({"none": [[row(1, mined=False)]], "random": [[row(1), row(2)], [row(1)]]})
    left, right = figure.axes
    assert [np.size(line.get_xdata()) for line in left.lines] == [1, 2, 1]
    assert len(right.lines) == 2
    legend = left.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["none", "random"]


def results(*errors: float | str | None, best: float = 0.5) -> dict[str, Any]:
    runs = [
        {"seed": seed, "splits": {} if error == "diverged" else {"same": {"mse": error}, "harder": {"mse": error}}}
        for seed, error in enumerate(errors)
    ]
    zero = {name: {"mse": best, "trivial": True} for name in ("same", "harder")}
    exact = {name: {"mse": 0.0, "trivial": False} for name in ("same", "harder")}
    return {
        "splits": {"same": {}, "harder": {}},
        "baselines": {"zero": zero, "exact": exact},
        "arms": {"none": {"runs": runs}},
    }


@pytest.mark.parametrize(
    ("errors", "best"), [((), 0.0), ((0.1,), 0.5), ((0.1,), 0.0), (("diverged",), 0.5), ((None, 66.0), 0.5)]
)
def test_errors_of_any_runs_are_written(tmp_path: Path, errors: tuple[float | str | None, ...], best: float) -> None:
    size(tmp_path / "errors.png", figures.errors_by_seed(results(*errors, best=best)))


def test_errors_have_a_panel_a_split_with_the_trivial_baselines_as_lines() -> None:
    figure = figures.errors_by_seed(results(0.1, 0.2))
    assert [axes.get_title() for axes in figure.axes] == ["Mean squared error, same", "Mean squared error, harder"]
    for axes in figure.axes:
        assert len(axes.lines) == 2 + 1
        assert [text.get_text() for text in axes.texts] == ["zero"]


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
