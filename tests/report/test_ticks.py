"""Ticks are few, round and inside, for decades as for a few per cent."""

import math
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from ravine.report.look import Kind
from ravine.report.panel import RC
from ravine.report.ticks import log_ticks, logarithmic, scaled, tick_label

LOW = st.floats(1e-12, 1e6)
RATIO = st.floats(1.001, 1e12)


@given(low=LOW, ratio=RATIO)
def test_ticks_are_inside_and_readable(low: float, ratio: float) -> None:
    ticks = log_ticks(low, low * ratio)
    assert 2 <= len(ticks) <= 14
    assert ticks == sorted(set(ticks))
    assert all(low * (1 - 1e-6) <= tick <= low * ratio * (1 + 1e-6) for tick in ticks)
    labels = [tick_label(tick) for tick in ticks]
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 12


@pytest.mark.parametrize(
    ("value", "label"), [(1e-5, "10⁻⁵"), (3e-7, "3·10⁻⁷"), (0.02, "0.02"), (20000, "20000"), (1e6, "10⁶"), (0, "0")]
)
def test_labels(value: float, label: str) -> None:
    assert tick_label(value) == label


@pytest.mark.parametrize("values", [[1.0], [1.0, 1.0], [1e-300, 1e300], [0.0, 2.0, math.nan, math.inf]])
def test_any_positive_values_have_a_logarithmic_axis(values: list[float]) -> None:
    axes = Figure().subplots()
    assert logarithmic(axes, "y", np.array(values))
    low, high = axes.get_ylim()
    known = [value for value in values if 0 < value < math.inf]
    assert 0 < low <= min(known) <= max(known) <= high < math.inf


def test_nothing_positive_leaves_the_axis_linear() -> None:
    axes = Figure().subplots()
    assert not logarithmic(axes, "y", np.array([0.0, -1.0, math.nan]))
    assert axes.get_yscale() == "linear"


@pytest.mark.parametrize("width", [0.6, 1.2, 3.0])
@pytest.mark.parametrize(("low", "high"), [(0.9, 1.1), (1e-8, 1e6), (5e-4, 12.0), (1e-10, 1e12), (1.5e-5, 9e4)])
def test_labels_across_do_not_meet(width: float, low: float, high: float) -> None:
    figure = Figure(figsize=(width + 2, 2))
    axes = figure.add_axes((1 / (width + 2), 0.2, width / (width + 2), 0.7))
    with mpl.rc_context(RC):
        assert logarithmic(axes, "x", np.array([low, high]))
        boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert boxes
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


@pytest.mark.parametrize("low", [1e-8, 1e-7, 1e-6])
def test_one_is_a_tick_of_an_axis_of_many_decades_round_it(low: float) -> None:
    assert 1.0 in log_ticks(low, 1e5, 5)


@pytest.mark.parametrize("kind", ["linear", "log"])
def test_rounding_fills_no_axis(kind: Kind) -> None:
    axes = Figure().subplots()
    scaled(axes, "y", kind, np.array([0.7461052, 0.7461053]))
    low, high = axes.get_ylim()
    assert high - low > 1e-3
    assert all(len(label.get_text()) <= 6 for label in axes.get_yticklabels())
