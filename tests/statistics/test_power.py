"""Power: the figures the design rests on, scipy's noncentral t, simulation, and limits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from ravine.statistics import (
    power_of,
    seeds_needed,
    seeds_to_decide,
    simultaneous_interval,
    smallest_detectable_effect,
)


@pytest.mark.parametrize(
    ("ratio", "spread", "seeds"), [(0.95, 0.05, 12), (0.95, 0.1, 39), (0.9, 0.05, 5), (0.9, 0.1, 12)]
)
def test_figures_of_the_facts(ratio: float, spread: float, seeds: int) -> None:
    assert seeds_needed(math.log(ratio), spread, comparisons=2) == seeds


@given(st.integers(2, 60), st.floats(0.7, 1.4), st.floats(0.02, 0.5), st.integers(1, 4))
def test_scipy_noncentral_t_agrees(n: int, ratio: float, spread: float, m: int) -> None:
    noncentrality = abs(math.log(ratio)) / spread * math.sqrt(n)
    critical = stats.t.isf(0.025 / m, n - 1)
    expected = stats.nct.sf(critical, n - 1, noncentrality)
    if noncentrality < 5:
        expected += stats.nct.cdf(-critical, n - 1, noncentrality)
    assert power_of(n, math.log(ratio), spread, m) == pytest.approx(expected, abs=1e-6)


def test_simulated_power() -> None:
    n, ratio, spread, studies = 12, 0.95, 0.05, 20_000
    d = np.random.default_rng(0).normal(math.log(ratio), spread, (studies, n))
    interval = simultaneous_interval(d, comparisons=2)
    found = float(np.mean((interval.high < 0) | (interval.low > 0)))
    expected = power_of(n, math.log(ratio), spread, comparisons=2)
    assert found == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / studies))


@given(st.integers(2, 40), st.floats(0.01, 1), st.integers(1, 4))
def test_no_effect_is_found_at_the_false_positive_rate(n: int, spread: float, m: int) -> None:
    assert power_of(n, 0.0, spread, m) == pytest.approx(0.05 / m, rel=1e-6)


@given(st.floats(0.01, 0.7), st.floats(0.01, 1), st.integers(1, 4), st.sampled_from([0.5, 0.8, 0.95]))
def test_seeds_needed_is_the_least_number(effect: float, spread: float, m: int, power: float) -> None:
    n = seeds_needed(effect, spread, m, power)
    assert power_of(n, effect, spread, m) >= power
    assert n == 2 or power_of(n - 1, effect, spread, m) < power
    assert seeds_needed(-effect, spread, m, power) == n


@given(st.integers(2, 60), st.floats(0.01, 0.5), st.integers(1, 4))
def test_smallest_detectable_effect_inverts_power(n: int, spread: float, m: int) -> None:
    effect = smallest_detectable_effect(n, spread, m)
    assert effect > 0
    assert power_of(n, effect, spread, m) == pytest.approx(0.8, abs=1e-6)


@given(st.floats(0.005, 1), st.integers(1, 4))
def test_seeds_to_decide_is_the_least_with_a_narrow_interval(spread: float, m: int) -> None:
    def width(n: int) -> float:
        return float(2 * stats.t.isf(0.025 / m, n - 1) * spread / math.sqrt(n))

    n = seeds_to_decide(spread, -math.log(0.95), m)
    assert width(n) < -math.log(0.95)
    assert n == 2 or width(n - 1) >= -math.log(0.95)


def test_extremes_are_answered() -> None:
    assert seeds_needed(0.5, 1e-9) == 2
    n = seeds_needed(math.log(0.95), 100.0, comparisons=2)
    z = stats.norm.isf(0.0125) + stats.norm.ppf(0.8)
    assert n == pytest.approx((z * 100 / math.log(0.95)) ** 2, rel=1e-4)
    assert power_of(10, 30.0, 0.01) == 1


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="no effect"):
        seeds_needed(0.0, 0.1)
    for effect, spread in ((math.inf, 0.1), (math.nan, 0.1), (0.9, 0.0), (0.9, math.nan)):
        with pytest.raises(ValueError, match="finite"):
            seeds_needed(effect, spread)
    with pytest.raises(ValueError, match="paired seeds"):
        power_of(1, 0.9, 0.1)
    with pytest.raises(ValueError, match="power"):
        seeds_needed(0.9, 0.1, power=80)
    with pytest.raises(ValueError, match="false positives"):
        smallest_detectable_effect(10, 0.1, power=0.04)
    with pytest.raises(ValueError, match="spread"):
        seeds_to_decide(-1.0, 0.05)
