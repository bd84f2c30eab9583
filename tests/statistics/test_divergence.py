"""Diverged runs: which they are, what they count as, and their rates."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from ravine.statistics import compare, diverged, impute_diverged, mcnemar, wilson_interval

errors = st.one_of(st.floats(0, 10), st.sampled_from([math.nan, math.inf, 1.0]))


def test_non_finite_and_worse_than_zero_predictor_diverged() -> None:
    assert diverged([0.5, 1.0, 1.01, math.inf, math.nan], 1.0).tolist() == [False, False, True, True, True]
    assert diverged([], 1.0).shape == (0,)


def test_imputation_by_hand() -> None:
    pair = impute_diverged([0.5, math.nan, 0.2], [0.6, 0.5, 3.0], cap=2.0)
    assert pair.a.tolist() == [0.5, 2.0, 0.2]
    assert pair.b.tolist() == [0.6, 0.5, 2.0]
    assert pair.diverged_a.tolist() == [False, True, False]
    assert pair.diverged_b.tolist() == [False, False, True]
    assert impute_diverged([math.inf], [0.5], cap=1.5).a.tolist() == [1.5]


@given(st.lists(st.tuples(errors, errors), max_size=8), st.floats(1.0, 5.0))
def test_no_run_is_dropped_and_no_divergence_is_rewarded(pairs: list[tuple[float, float]], cap: float) -> None:
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    pair = impute_diverged(a, b, cap)
    for imputed, lost, original in ((pair.a, pair.diverged_a, a), (pair.b, pair.diverged_b, b)):
        assert imputed.shape == lost.shape == (len(pairs),)
        assert np.isfinite(imputed).all()
        assert (imputed[lost] == cap).all()
        assert imputed[~lost].tolist() == [x for x in original if x <= cap]


def test_a_study_in_which_everything_diverged_has_no_spread() -> None:
    pair = impute_diverged([math.nan] * 5, [math.inf] * 5, cap=1.0)
    assert compare(pair.a, pair.b).degenerate


@given(st.integers(1, 200), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_ends_of_wilsons_interval_lie_z_standard_errors_off(n: int, data: st.DataObject, level: float) -> None:
    count = data.draw(st.integers(0, n))
    result = wilson_interval(count, n, level)
    z = stats.norm.isf((1 - level) / 2)
    for end in (result.low, result.high):
        assert abs(result.rate - end) == pytest.approx(z * math.sqrt(end * (1 - end) / n), abs=1e-9)
    assert 0 <= result.low <= result.rate <= result.high <= 1


def test_wilson_without_a_run() -> None:
    result = wilson_interval(0, 0)
    assert math.isnan(result.rate)
    assert (result.low, result.high) == (0.0, 1.0)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
def test_mcnemar_is_the_binomial_test_of_discordant_seeds(pairs: list[tuple[bool, bool]]) -> None:
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    result = mcnemar(a, b)
    assert result.only_a == sum(x and not y for x, y in pairs)
    assert result.only_b == sum(y and not x for x, y in pairs)
    discordant, fewer = result.only_a + result.only_b, min(result.only_a, result.only_b)
    expected = 2 * sum(math.comb(discordant, heads) for heads in range(fewer + 1)) / 2**discordant
    assert result.p == pytest.approx(min(1.0, expected))
    assert mcnemar(b, a).p == pytest.approx(result.p)


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="equal lengths"):
        impute_diverged([1.0], [], cap=1.0)
    with pytest.raises(ValueError, match="limit"):
        diverged([1.0], math.nan)
    with pytest.raises(ValueError, match="count"):
        wilson_interval(-1, 4)
    with pytest.raises(ValueError, match="n must be 5"):
        wilson_interval(5, 4)
    with pytest.raises(ValueError, match="equal vectors"):
        mcnemar([True], [True, False])
    with pytest.raises(ValueError, match="booleans"):
        mcnemar([0.1], [0.2])
