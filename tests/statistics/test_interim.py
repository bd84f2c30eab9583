"""The one interim look: each action, conditional power against simulation, symmetry and misuse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from ravine.statistics import InterimAction, PairedComparison, compare, conditional_power, interim_look

GAIN = math.log(0.9)


def seen(mean: float, spread: float, n: int = 5, comparisons: int = 2) -> PairedComparison:
    """A comparison of n seeds whose log-ratios have exactly this mean and spread."""
    shape = np.arange(n) - (n - 1) / 2
    return compare(np.exp(mean + spread * shape / shape.std(ddof=1)), np.ones(n), comparisons=comparisons)


@pytest.mark.parametrize(
    ("mean", "action"),
    [
        (-0.5, InterimAction.STOP_EFFICACY),
        (-0.1, InterimAction.GO_ON),
        (0.1, InterimAction.STOP_FUTILITY),
        (0.5, InterimAction.STOP_FUTILITY),
    ],
)
def test_actions_for_a_registered_gain(mean: float, action: InterimAction) -> None:
    assert interim_look(seen(mean, 0.05), planned=10, registered=math.log(0.9)).action is action
    assert interim_look(seen(-mean, 0.05), planned=10, registered=-math.log(0.9)).action is action


def test_efficacy_takes_p_below_one_in_a_thousand() -> None:
    for mean, action in ((-0.19, InterimAction.GO_ON), (-0.2, InterimAction.STOP_EFFICACY)):
        comparison = seen(mean, 0.05)
        assert 0.0005 < comparison.p < 0.0015
        assert interim_look(comparison, 10, GAIN).action is action


def test_a_clear_effect_on_the_wrong_side_stops_even_if_the_registered_one_could_return() -> None:
    look = interim_look(seen(0.02, 0.001), planned=10, registered=math.log(0.5))
    assert look.conditional_power > 0.9
    assert look.action is InterimAction.STOP_FUTILITY
    assert "against the registered effect" in look.reason


@given(st.floats(-0.3, 0.3), st.floats(0.01, 0.3), st.integers(2, 12))
def test_arms_swapped_with_the_registered_effect_give_the_same_look(mean: float, spread: float, n: int) -> None:
    there = interim_look(seen(mean, spread, n), 2 * n, GAIN)
    back = interim_look(seen(-mean, spread, n), 2 * n, -GAIN)
    assert there.action is back.action
    assert there.conditional_power == pytest.approx(back.conditional_power, abs=1e-9)


def test_conditional_power_by_simulation_of_the_seeds_left() -> None:
    comparison, planned, ratio, studies = seen(-0.03, 0.05), 10, 0.95, 40_000
    left = np.random.default_rng(0).normal(math.log(ratio), comparison.spread, (studies, 5)).sum(axis=1)
    z = (5 * comparison.mean + left) / (comparison.spread * math.sqrt(planned))
    simulated = float(np.mean(z < -stats.t.isf(0.0125, planned - 1)))
    expected = conditional_power(comparison, planned, math.log(ratio))
    assert expected == pytest.approx(simulated, abs=4 * math.sqrt(expected * (1 - expected) / studies))


def test_conditional_power_nears_the_t_test_for_many_seeds() -> None:
    half, planned, ratio, studies = seen(-0.01, 0.1, n=50), 100, 0.97, 10_000
    first = np.log(np.exp(-0.01 + 0.1 * (np.arange(50) - 24.5) / np.std(np.arange(50), ddof=1)))
    rest = np.random.default_rng(1).normal(math.log(ratio), 0.1, (studies, 50))
    whole = np.concatenate([np.broadcast_to(first, (studies, 50)), rest], axis=1)
    test = stats.ttest_1samp(whole, 0, axis=1)
    simulated = float(np.mean((test.pvalue < 0.025) & (test.statistic < 0)))
    assert conditional_power(half, planned, math.log(ratio)) == pytest.approx(simulated, abs=0.03)


@given(st.floats(-0.3, 0.3), st.floats(0.01, 0.3))
def test_conditional_power_grows_with_what_was_seen(mean: float, spread: float) -> None:
    less, more = (
        conditional_power(seen(mean, spread), 10, GAIN),
        conditional_power(seen(mean - 0.01, spread), 10, GAIN),
    )
    assert more >= less
    assert 0 <= less <= 1


def test_degenerate_looks_go_on_and_say_why() -> None:
    for comparison, planned in ((compare([1.0] * 5, [2.0] * 5), 10), (compare([1.0], [2.0]), 2)):
        look = interim_look(comparison, planned, GAIN)
        assert look.action is InterimAction.GO_ON
        assert math.isnan(look.conditional_power)
        assert comparison.reason in look.reason


@pytest.mark.parametrize(("planned", "half"), [(10, 5), (11, 6), (4, 2)])
def test_only_the_look_at_half_is_given(planned: int, half: int) -> None:
    interim_look(seen(-0.1, 0.05, n=half), planned, GAIN)
    for other in (half - 1, half + 1):
        if other >= 2:
            with pytest.raises(ValueError, match=f"at {half} of {planned}"):
                interim_look(seen(-0.1, 0.05, n=other), planned, GAIN)


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="no side"):
        interim_look(seen(-0.1, 0.05), 10, 0.0)
    with pytest.raises(ValueError, match="registered effect is nan"):
        interim_look(seen(-0.1, 0.05), 10, math.nan)
    with pytest.raises(ValueError, match="planned"):
        conditional_power(seen(-0.1, 0.05), 5, GAIN)
