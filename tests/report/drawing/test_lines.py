"""Names at the ends of lines stay apart, in order and inside."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravine.report.drawing.lines import Line, Scales, apart, lines_data, lines_figure
from ravine.report.look import Style

STYLE = Style("#0072b2", "o", "-")


@given(levels=st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=12), gap=st.floats(0.01, 0.08))
def test_labels_keep_their_distance_and_order(levels: list[float], gap: float) -> None:
    found = apart(levels, gap)
    ordered = [found[index] for index in np.argsort(levels, kind="stable")]
    assert all(after - before >= gap - 1e-9 for before, after in pairwise(ordered))
    assert min(found) >= -1e-9
    assert max(found) <= 1 + 1e-9


@given(levels=st.lists(st.integers(0, 9), unique=True, min_size=1, max_size=10))
def test_labels_that_have_room_are_not_moved(levels: list[int]) -> None:
    wanted = [level / 10 for level in levels]
    assert apart(wanted, 0.1 - 1e-6) == pytest.approx(wanted)


def test_every_line_and_its_name_are_drawn() -> None:
    x = np.arange(1.0, 6)
    lines = [
        Line("one", x, x, STYLE, x / 2, x * 2),
        Line("gone", x, np.full(5, np.nan), STYLE),
        Line("grey", x, x, STYLE, quiet=True),
        Line("holes", x, np.where(x == 3, np.nan, x), STYLE),
    ]
    figure = lines_figure(lines, Scales("x", "y"))
    (axes,) = figure.axes
    assert sorted(text.get_text() for text in axes.texts) == ["holes", "one"]
    assert axes.get_ylim()[0] < 0.5
    assert axes.get_ylim()[1] > 10
    assert axes.get_yscale() == "log"
    assert len(lines_data(lines, "x", "y").rows) == 20


def test_values_that_are_not_positive_have_a_linear_axis() -> None:
    x = np.arange(3.0)
    (axes,) = lines_figure([Line("a", x, x - 1, STYLE)], Scales("x", "y", x="log")).axes
    assert axes.get_yscale() == axes.get_xscale() == "linear"


def test_no_line_at_all_is_a_figure_still() -> None:
    assert len(lines_figure([], Scales("x", "y")).axes) == 1
