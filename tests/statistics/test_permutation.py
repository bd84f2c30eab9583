"""Sign-flip test: scipy and a brute-force loop as oracles, and the least p value it can reach."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from ravine.statistics import holm, least_attainable_p, least_seeds, sign_flip_test


@pytest.mark.parametrize("n", [2, 3, 6, 10])
def test_scipy_permutation_test_agrees(n: int) -> None:
    for seed in range(5):
        d = np.random.default_rng(seed).normal(0.5, 1, n)
        oracle = stats.permutation_test(
            (d,),
            np.mean,
            permutation_type="samples",
            vectorized=True,
            n_resamples=2**n,
            alternative="two-sided",
        )
        assert sign_flip_test(d).p == pytest.approx(oracle.pvalue)


@given(st.lists(st.integers(-3, 3), max_size=7))
def test_brute_force_agrees_where_sums_tie(d: list[int]) -> None:
    patterns = [
        sum(s * x for s, x in zip(signs, d, strict=True)) for signs in itertools.product((1, -1), repeat=len(d))
    ]
    expected = sum(abs(total) >= abs(sum(d)) for total in patterns) / len(patterns)
    # Tenths have no exact binary form, so equal sums differ in their last bits.
    assert sign_flip_test(np.array(d, dtype=float) / 10).p == pytest.approx(expected)


@pytest.mark.parametrize("n", [1, 2, 5, 7, 20])
def test_one_sided_data_reach_the_least_p(n: int) -> None:
    result = sign_flip_test(np.linspace(0.5, 1, n))
    assert result.exact
    assert result.p == result.least_p == least_attainable_p(n) == 2 / 2**n


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=10), st.floats(0.01, 100))
def test_scale_and_swapped_arms_do_not_matter(d: list[int], scale: float) -> None:
    values = np.array(d) / 1000
    p = sign_flip_test(values).p
    assert least_attainable_p(len(d)) <= p <= 1
    assert sign_flip_test(-values).p == p
    assert sign_flip_test(values * scale).p == p


def test_no_seed_and_no_difference_give_one() -> None:
    assert sign_flip_test([]).p == 1
    assert sign_flip_test(np.zeros(5)).p == 1


def test_least_seeds_is_where_holm_can_first_succeed() -> None:
    assert least_seeds(comparisons=2) == 7
    for m in (1, 2, 3, 5):
        n = least_seeds(m)
        assert holm([least_attainable_p(n)] + [1.0] * (m - 1))[0] <= 0.05
        assert holm([least_attainable_p(n - 1)] + [1.0] * (m - 1))[0] > 0.05


def test_monte_carlo_beyond_the_limit_is_near_the_normal_limit_and_repeatable() -> None:
    d = np.random.default_rng(1).normal(0.25, 1, 60)
    first, second = (sign_flip_test(d, np.random.default_rng(2), resamples=40_000) for _ in range(2))
    assert first == second
    assert not first.exact
    expected = 2 * stats.norm.sf(abs(d.sum()) / math.sqrt((d**2).sum()))  # the sum's variance under flips is sum d^2
    assert first.p == pytest.approx(expected, abs=4 * math.sqrt(expected / 40_000) + 0.003)
    assert first.least_p == 1 / 40_001


def test_monte_carlo_never_gives_zero() -> None:
    assert sign_flip_test(np.ones(30), np.random.default_rng(0), resamples=99).p == pytest.approx(1 / 100)


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="pass a generator"):
        sign_flip_test(np.ones(21))
    with pytest.raises(ValueError, match="resamples"):
        sign_flip_test(np.ones(21), np.random.default_rng(0), resamples=0)
    with pytest.raises(ValueError, match=r"d\[0\] is nan"):
        sign_flip_test([math.nan, 1.0])
