"""Intervals of means over test problems."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravine.statistics import mean_interval, wilson_interval


@given(st.integers(1, 200), st.data(), st.sampled_from([0.8, 0.95]))
def test_of_zeros_and_ones_it_is_wilsons(n: int, data: st.DataObject, level: float) -> None:
    count = data.draw(st.integers(0, n))
    expected = wilson_interval(count, n, level)
    values = [1.0] * count + [0.0] * (n - count)
    assert mean_interval(values, "points", level=level) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_equal_weights_change_nothing_and_problems_that_do_not_count_count_for_nothing() -> None:
    values = np.random.default_rng(0).uniform(0.1, 1, 30)
    for scale in ("points", "ratio"):
        plain = mean_interval(values, scale)
        assert mean_interval(values, scale, np.full(30, 7.0)) == pytest.approx(plain)
        assert mean_interval(values, scale, np.zeros(30)) == pytest.approx(plain)
    more = np.append(values, [0.0] * 5)
    assert mean_interval(more, "points", [1.0] * 30 + [0.0] * 5) == pytest.approx(mean_interval(values, "points"))


@pytest.mark.parametrize("scale", ["points", "ratio"])
def test_nineteen_of_twenty_intervals_hold_the_mean(scale: str) -> None:
    draws = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        values = draws.beta(2, 1, 60) if scale == "points" else draws.gamma(4, 0.25, 60)
        low, high = mean_interval(values, "points" if scale == "points" else "ratio")
        held += low <= (2 / 3 if scale == "points" else 1.0) <= high
    assert 0.92 < held / 400 <= 1.0


def test_an_error_of_exactly_nothing_has_no_width() -> None:
    assert mean_interval([0.0, 0.0], "ratio") == (0.0, 0.0)


def test_a_level_outside_its_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        mean_interval([0.5, 0.6], "points", level=1.0)
