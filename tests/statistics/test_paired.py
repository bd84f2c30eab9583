"""Paired comparison: closed form, scipy as oracle, symmetry, and every degenerate input answered."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from ravine.statistics import (
    PairedComparison,
    compare,
    equivalence_p,
    log_ratios,
    margin_p,
    simultaneous_interval,
)

errors = st.floats(1e-6, 1e3)
paired_errors = st.lists(st.tuples(errors, errors), min_size=2, max_size=12)


def planted(n: int = 10, seed: int = 0, gain: float = 0.1, spread: float = 0.05) -> PairedComparison:
    generator = np.random.default_rng(seed)
    b = np.exp(generator.normal(-3, 0.5, n))
    return compare(b * (1 - gain) * np.exp(generator.normal(0, spread, n)), b, comparisons=2)


def test_closed_form_of_two_seeds() -> None:
    result = compare([1.0, math.e**2], [1.0, 1.0])  # d = 0, 2: mean 1, s sqrt 2, standard error 1
    assert result.mean == pytest.approx(1)
    assert result.ratio == pytest.approx(math.e)
    assert result.spread == pytest.approx(math.sqrt(2))
    assert result.p == pytest.approx(0.5)  # t = 1 with one degree of freedom, the Cauchy distribution
    t = math.tan(math.pi * 0.475)
    assert math.log(result.low) == pytest.approx(1 - t)
    assert math.log(result.high) == pytest.approx(1 + t)


@given(paired_errors, st.integers(1, 6), st.sampled_from([0.8, 0.95, 0.99]))
def test_scipy_paired_t_agrees(pairs: list[tuple[float, float]], m: int, level: float) -> None:
    a, b = np.array(pairs).T
    result = compare(a, b, comparisons=m, level=level)
    if result.degenerate:
        return
    oracle = stats.ttest_rel(np.log(a), np.log(b))
    assert result.p == pytest.approx(oracle.pvalue, rel=1e-6, abs=1e-12)
    interval = oracle.confidence_interval(1 - (1 - level) / m)
    with np.errstate(over="ignore"):
        assert result.low == pytest.approx(float(np.exp(interval.low)), rel=1e-6)
        assert result.high == pytest.approx(float(np.exp(interval.high)), rel=1e-6)


@given(paired_errors, st.integers(1, 6))
def test_swapping_arms_inverts_ratio_and_interval(pairs: list[tuple[float, float]], m: int) -> None:
    a, b = np.array(pairs).T
    there, back = compare(a, b, comparisons=m), compare(b, a, comparisons=m)
    assert there.degenerate == back.degenerate
    assert there.mean == -back.mean
    assert there.p == pytest.approx(back.p)
    for bound, opposite in ((there.ratio, back.ratio), (there.low, back.high), (there.high, back.low)):
        inverse = math.inf if opposite == 0 else 1 / opposite
        assert bound == pytest.approx(inverse, rel=1e-9, abs=1e-300)


@given(paired_errors, st.floats(1e-3, 1e3), st.randoms())
def test_unit_and_order_of_seeds_do_not_matter(pairs: list[tuple[float, float]], unit: float, random: Random) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)
    a, b = np.array(pairs).T
    c, d = unit * np.array(shuffled).T
    first, second = compare(a, b), compare(c, d)
    assert first.mean == pytest.approx(second.mean, abs=1e-9)
    assert first.p == pytest.approx(second.p, rel=1e-4, abs=1e-9)


@given(paired_errors)
def test_interval_excludes_one_exactly_where_p_is_below_alpha(pairs: list[tuple[float, float]]) -> None:
    a, b = np.array(pairs).T
    result = compare(a, b)
    if abs(result.p - 0.05) > 1e-9:
        assert (result.low > 1 or result.high < 1) == (result.p < 0.05)


def test_more_comparisons_widen_the_interval_and_leave_p() -> None:
    a, b = np.array([1.0, 1.1, 0.9]), np.array([1.2, 1.2, 1.1])
    one, three = compare(a, b), compare(a, b, comparisons=3)
    assert three.low < one.low < one.ratio < one.high < three.high
    assert one.p == three.p


def test_interval_of_many_studies_equals_one_at_a_time() -> None:
    d = np.random.default_rng(0).normal(size=(4, 3, 6))
    together = simultaneous_interval(d, comparisons=2)
    assert together.ratio.shape == together.low.shape == together.high.shape == (4, 3)
    one = compare(np.exp(d[2, 1]), np.ones(6), comparisons=2)
    assert together.low[2, 1] == pytest.approx(one.low)
    assert together.high[2, 1] == pytest.approx(one.high)


@pytest.mark.parametrize("margin", [0.02, 0.05, 0.2])
def test_margin_and_equivalence_against_scipy(margin: float) -> None:
    generator = np.random.default_rng(3)
    for gain in (-0.1, 0.0, 0.03, 0.1, 0.3):
        a = (1 - gain) * np.exp(generator.normal(0, 0.05, 8))
        result, d = compare(a, np.ones(8)), np.log(a)
        bound = math.log(1 - margin)
        better = stats.ttest_1samp(d, bound, alternative="less").pvalue
        above = stats.ttest_1samp(d, bound, alternative="greater").pvalue
        below = stats.ttest_1samp(d, -bound, alternative="less").pvalue
        assert margin_p(result, margin) == pytest.approx(better)
        assert equivalence_p(result, margin) == pytest.approx(max(above, below))


def test_margin_is_shown_for_a_large_gain_only() -> None:
    assert margin_p(planted(gain=0.3)) < 1e-4
    assert margin_p(planted(gain=0.0)) > 0.9
    assert equivalence_p(planted(n=40, gain=0.0, spread=0.02)) < 1e-4
    assert equivalence_p(planted(gain=0.3)) > 0.99


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_seeds_are_answered(n: int) -> None:
    result = compare([2.0] * n, [1.0] * n)
    assert result.degenerate
    assert f"not {n}" in result.reason
    assert (result.low, result.high, result.p) == (0.0, math.inf, 1.0)
    assert result.ratio == pytest.approx(2) if n else math.isnan(result.ratio)
    assert math.isnan(result.spread)
    assert margin_p(result) == equivalence_p(result) == 1.0


@pytest.mark.parametrize("factor", [1.0, 0.9, 1 / 3])
def test_no_variance_over_seeds_is_a_fault_and_no_effect(factor: float) -> None:
    b = np.array([1e-5, 0.1, 2.0, 7e4])
    result = compare(factor * b, b)  # rounding leaves a spread of about 1e-16
    assert result.degenerate
    assert "fault" in result.reason
    assert (result.low, result.high, result.p) == (0.0, math.inf, 1.0)
    assert result.ratio == pytest.approx(factor)


def test_bounds_beyond_the_largest_float_are_infinite_and_silent() -> None:
    result = compare([1e300, 1e-300], [1e-300, 1e300], comparisons=9)
    assert result.low == 0
    assert result.high == math.inf
    assert compare([1e300], [1e-300]).ratio == math.inf


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 0.0, -1.0])
def test_values_without_a_logarithm_are_refused_by_place(bad: float) -> None:
    with pytest.raises(ValueError, match=r"b\[1\]"):
        log_ratios([1.0, 1.0], [1.0, bad])


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="equal lengths"):
        compare([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="vector"):
        compare([[1.0, 2.0]], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="comparisons"):
        compare([1.0, 2.0], [1.0, 1.0], comparisons=0)
    with pytest.raises(ValueError, match="level"):
        compare([1.0, 2.0], [1.0, 1.0], level=95)
    with pytest.raises(ValueError, match="margin"):
        margin_p(planted(), margin=5)
    with pytest.raises(ValueError, match="margin"):
        equivalence_p(planted(), margin=0)
    with pytest.raises(ValueError, match="2 or more, not 1"):
        simultaneous_interval([1.0])
