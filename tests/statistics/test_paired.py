"""Paired comparison: closed form, scipy as oracle, symmetry, and every degenerate input answered."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from ravine.statistics import (
    RATIO,
    PairedComparison,
    Points,
    compare,
    differences,
    equivalence_p,
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
    assert result.effect == pytest.approx(math.e)
    assert result.spread == pytest.approx(math.sqrt(2))
    assert result.p == pytest.approx(0.5)  # t = 1 with one degree of freedom, the Cauchy distribution
    t = math.tan(math.pi * 0.475)
    assert result.low == pytest.approx(1 - t)
    assert result.high == pytest.approx(1 + t)


@given(paired_errors, st.integers(1, 6), st.sampled_from([0.8, 0.95, 0.99]))
def test_scipy_paired_t_agrees(pairs: list[tuple[float, float]], m: int, level: float) -> None:
    a, b = np.array(pairs).T
    result = compare(a, b, comparisons=m, level=level)
    if result.degenerate:
        return
    oracle = stats.ttest_rel(np.log(a), np.log(b))
    assert result.p == pytest.approx(oracle.pvalue, rel=1e-6, abs=1e-12)
    interval = oracle.confidence_interval(1 - (1 - level) / m)
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high), rel=1e-6, abs=1e-9)


@given(paired_errors, st.integers(1, 6))
def test_swapping_arms_inverts_ratio_and_interval(pairs: list[tuple[float, float]], m: int) -> None:
    a, b = np.array(pairs).T
    there, back = compare(a, b, comparisons=m), compare(b, a, comparisons=m)
    assert there.degenerate == back.degenerate
    assert there.mean == -back.mean
    assert there.p == pytest.approx(back.p)
    (low, high), (back_low, back_high) = there.interval, back.interval
    for bound, opposite in ((there.effect, back.effect), (low, back_high), (high, back_low)):
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
        assert (result.low > 0 or result.high < 0) == (result.p < 0.05)


def test_more_comparisons_widen_the_interval_and_leave_p() -> None:
    a, b = np.array([1.0, 1.1, 0.9]), np.array([1.2, 1.2, 1.1])
    one, three = compare(a, b), compare(a, b, comparisons=3)
    assert three.low < one.low < one.mean < one.high < three.high
    assert one.p == three.p


def test_interval_of_many_studies_equals_one_at_a_time() -> None:
    d = np.random.default_rng(0).normal(size=(4, 3, 6))
    together = simultaneous_interval(d, comparisons=2)
    assert together.mean.shape == together.low.shape == together.high.shape == (4, 3)
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
    assert margin_p(planted(gain=0.3), 0.05) < 1e-4
    assert margin_p(planted(gain=0.0), 0.05) > 0.9
    assert equivalence_p(planted(n=40, gain=0.0, spread=0.02), 0.05) < 1e-4
    assert equivalence_p(planted(gain=0.3), 0.05) > 0.99


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_seeds_are_answered(n: int) -> None:
    result = compare([2.0] * n, [1.0] * n)
    assert result.degenerate
    assert f"not {n}" in result.reason
    assert (result.low, result.high, result.p) == (-math.inf, math.inf, 1.0)
    assert result.interval == (0.0, math.inf)
    assert result.effect == pytest.approx(2) if n else math.isnan(result.effect)
    assert math.isnan(result.spread)
    assert margin_p(result, 0.05) == equivalence_p(result, 0.05) == 1.0


@pytest.mark.parametrize("factor", [1.0, 0.9, 1 / 3])
def test_no_variance_over_seeds_is_a_fault_and_no_effect(factor: float) -> None:
    b = np.array([1e-5, 0.1, 2.0, 7e4])
    result = compare(factor * b, b)  # rounding leaves a spread of about 1e-16
    assert result.degenerate
    assert "fault" in result.reason
    assert (result.low, result.high, result.p) == (-math.inf, math.inf, 1.0)
    assert result.interval == (0.0, math.inf)
    assert result.effect == pytest.approx(factor)


def test_bounds_beyond_the_largest_float_are_infinite_and_silent() -> None:
    result = compare([1e300, 1e-300], [1e-300, 1e300], comparisons=9)
    assert result.interval == (0, math.inf)
    assert compare([1e300], [1e-300]).effect == math.inf


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 0.0, -1.0])
def test_values_without_a_logarithm_are_refused_by_place(bad: float) -> None:
    with pytest.raises(ValueError, match=r"b\[1\]"):
        differences([1.0, 1.0], [1.0, bad])


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


shares = st.floats(0, 1)
paired_shares = st.lists(st.tuples(shares, shares), min_size=2, max_size=12)


@given(paired_shares, st.integers(1, 6))
def test_points_are_the_paired_t_of_the_shares(pairs: list[tuple[float, float]], m: int) -> None:
    a, b = np.array(pairs).T
    result = compare(1 - a, 1 - b, m, scale=Points())
    if result.spread < 1e-6:  # where scipy warns of cancellation
        return
    oracle = stats.ttest_rel(a, b)
    interval = oracle.confidence_interval(1 - 0.05 / m)
    assert result.effect == pytest.approx(float(np.mean(a - b)), abs=1e-9)
    assert result.p == pytest.approx(oracle.pvalue, rel=1e-5, abs=1e-9)
    clipped = np.clip([interval.low, interval.high], -1, 1)
    assert result.interval == pytest.approx(tuple(clipped), abs=1e-9)


def test_a_perfect_arm_is_decidable_in_points_and_has_no_ratio() -> None:
    perfect, other = [0.0] * 4, [0.02, 0.03, 0.05, 0.04]
    assert compare(perfect, other, scale=Points()).interval[0] > 0
    with pytest.raises(ValueError, match=r"a\[0\] is exactly 0"):
        compare(perfect, other, scale=RATIO)


@pytest.mark.parametrize("other", [0.0, 0.1])
def test_arms_that_never_differ_otherwise_have_no_interval_in_points(other: float) -> None:
    result = compare([0.0] * 5, [other] * 5, scale=Points())
    assert result.degenerate
    assert "identical over all 5 seeds" in result.reason
    assert "fault" not in result.reason
    assert result.effect == pytest.approx(other)


def test_the_margin_in_points_is_a_share() -> None:
    a, b = np.array([0.1, 0.12, 0.08, 0.11]), np.array([0.2, 0.21, 0.19, 0.22])
    result = compare(a, b, scale=Points())
    assert margin_p(result, 0.05) == pytest.approx(stats.ttest_1samp(a - b, -0.05, alternative="less").pvalue)
    with pytest.raises(ValueError, match="is no share"):
        compare([0.1, 1.2], [0.1, 0.3], scale=Points())
