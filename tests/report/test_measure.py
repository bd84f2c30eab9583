"""A metric's words and numbers follow its scale and its direction."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.planted import POINTS, RATIO

from ravine.report.measure import Measure

MSE = Measure.of("mse", {"label": "MSE", **RATIO})
SOLVED = Measure.of("solved@5x16", {"label": "solved", **POINTS})
WRONG = Measure.of("wrong", {"label": "wrong", **POINTS, "better": "lower", "target": 0.0})
shares = st.floats(0.01, 1)


@pytest.mark.parametrize("measure", [MSE, SOLVED, WRONG])
@given(first=shares, second=shares)
def test_an_effect_is_an_improvement_where_the_value_is(measure: Measure, first: float, second: float) -> None:
    assert measure.effect(first, first) == measure.scale.neutral
    if abs(first - second) > 1e-6:
        better = first < second if measure.better == "lower" else first > second
        assert measure.better_than(measure.effect(first, second)) == better


@given(values=st.lists(shares, min_size=2, max_size=6))
def test_means_lie_within_their_bands_and_of_errors_are_geometric(values: list[float]) -> None:
    found = np.array(values)
    assert MSE.mean(found) == pytest.approx(np.exp(np.log(found).mean()))
    assert SOLVED.mean(found) == pytest.approx(found.mean())
    for measure in (MSE, SOLVED, WRONG):
        low, high = measure.band(found)
        assert low - 1e-9 <= measure.mean(found) <= high + 1e-9


def test_values_and_effects_in_words() -> None:
    assert (MSE.with_error(0.0197, 0.0005), SOLVED.with_error(0.973, 0.0042)) == ("0.0197 ± 0.0005", "97.3 ± 0.4 %")
    assert (MSE.text(math.nan), SOLVED.with_error(1.0, None), SOLVED.with_error(None, None)) == ("—", "100 %", "—")
    assert (MSE.effect_text(0.8123), SOLVED.effect_text(0.012)) == ("0.812", "+1.2 points")
    assert (MSE.margin_text(0.05), SOLVED.margin_text(0.01), MSE.margin_text(math.nan)) == (
        "5 %",
        "1 point",
        "not stated",
    )
    assert (MSE.side, SOLVED.side, WRONG.side) == ("left of 1", "right of 0", "left of 0")
    assert MSE.within(0.05) == pytest.approx((0.95, 1 / 0.95))
    assert SOLVED.within(0.01) == pytest.approx((-0.01, 0.01))
    assert MSE.within(math.nan) is None


def test_no_mean_of_nothing_and_no_effect_against_an_error_of_0() -> None:
    assert math.isnan(MSE.mean(np.array([])))
    assert MSE.mean(np.array([0.0, 1.0])) == 0
    assert math.isnan(MSE.effect(0.1, 0.0))
    assert MSE.spread_text(np.array([0.1])) == ""
    assert SOLVED.base == "solved"
