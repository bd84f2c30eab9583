"""Planted data: coverage and error rates of the whole procedure, within the simulation's own error."""

import math

import numpy as np
import pytest

from ravine.statistics import (
    RATIO,
    InterimAction,
    Points,
    Verdict,
    benjamini_hochberg,
    classify_interval,
    compare,
    holm,
    interim_look,
    sign_flip_test,
    simultaneous_interval,
    verdict,
)

SPREAD = 0.05
BETTER = {Verdict.CONFIRMED, Verdict.BETTER, Verdict.BETTER_BELOW_MARGIN}


def error_of(rate: float, studies: int) -> float:
    """Four standard errors of a simulated rate."""
    return 4 * math.sqrt(rate * (1 - rate) / studies)


@pytest.mark.parametrize("n", [5, 10, 20])
@pytest.mark.parametrize("comparisons", [1, 2])
def test_coverage_of_the_interval(n: int, comparisons: int) -> None:
    studies, truth = 40_000, math.log(0.9)
    d = np.random.default_rng(n).normal(truth, SPREAD, (studies, n))
    interval = simultaneous_interval(d, comparisons)
    covered = float(np.mean((interval.low < truth) & (interval.high > truth)))
    nominal = 1 - 0.05 / comparisons
    assert error_of(nominal, studies) < 0.01
    assert covered == pytest.approx(nominal, abs=error_of(nominal, studies))


@pytest.mark.parametrize("n", [5, 10, 20])
def test_joint_coverage_of_two_arms_against_one_baseline(n: int) -> None:
    studies = 40_000
    arms = np.random.default_rng(n).normal(0, SPREAD, (studies, 3, n))
    interval = simultaneous_interval(arms[:, 1:] - arms[:, :1], comparisons=2)
    joint = float(np.mean(((interval.low < 0) & (interval.high > 0)).all(axis=1)))
    # The shared baseline correlates both intervals, which makes Bonferroni conservative, by under 1 %.
    assert 0.95 - error_of(0.95, studies) <= joint <= 0.96 + error_of(0.95, studies)


def verdicts(ratio: float, studies: int, seeds: int, seed: int) -> list[Verdict]:
    generator = np.random.default_rng(seed)
    baseline = np.exp(generator.normal(-4, 0.3, (studies, seeds)))
    arm = ratio * baseline * np.exp(generator.normal(0, SPREAD, (studies, seeds)))
    return [verdict(compare(a, b, comparisons=2), seeds).verdict for a, b in zip(arm, baseline, strict=True)]


def test_a_planted_gain_is_read_as_better() -> None:
    found = verdicts(0.9, studies=100, seeds=10, seed=0)
    assert sum(row in BETTER for row in found) >= 95


def test_no_gain_is_rarely_read_as_better_and_never_as_confirmed() -> None:
    studies = 2000
    found = verdicts(1.0, studies, seeds=10, seed=1)
    assert found.count(Verdict.CONFIRMED) / studies <= 0.025
    assert sum(row in BETTER for row in found) / studies <= 0.0125 + error_of(0.0125, studies)


def test_a_gain_of_just_the_margin_is_confirmed_at_the_one_sided_rate() -> None:
    studies = 40_000
    d = np.random.default_rng(2).normal(math.log(0.95), SPREAD, (studies, 10))
    interval = simultaneous_interval(d, comparisons=2)
    confirmed = float(np.mean(interval.high < -RATIO.delta(0.05)))
    assert confirmed == pytest.approx(0.0125, abs=error_of(0.0125, studies))
    rows = [
        classify_interval(x, y, RATIO.delta(0.05)) for x, y in zip(interval.low[:500], interval.high[:500], strict=True)
    ]
    assert rows.count(Verdict.CONFIRMED) == int(np.sum(interval.high[:500] < -RATIO.delta(0.05)))


def test_sign_flip_size_is_at_most_nominal() -> None:
    studies = 1000
    d = np.random.default_rng(3).standard_t(3, (studies, 8))
    rejected = float(np.mean([sign_flip_test(x).p <= 0.05 for x in d]))
    assert rejected <= 0.05 + error_of(0.05, studies)
    assert rejected >= 0.045 - error_of(0.05, studies)  # 12 of 256 patterns fit below .05: it is no empty promise


def test_holm_holds_the_family_and_benjamini_hochberg_the_discoveries() -> None:
    studies, generator = 4000, np.random.default_rng(4)
    p = generator.uniform(size=(studies, 4))
    p[:, 2:] **= 8  # two true effects beside two nulls
    by_holm = np.array([holm(x) <= 0.05 for x in p])
    assert by_holm[:, :2].any(axis=1).mean() <= 0.05 + error_of(0.05, studies)
    found = np.array([benjamini_hochberg(x) <= 0.05 for x in p])
    false_share = found[:, :2].sum(axis=1) / np.maximum(1, found.sum(axis=1))
    # Independent p values with half of the hypotheses true: the rate is exactly alpha/2.
    assert false_share.mean() == pytest.approx(0.025, abs=4 * false_share.std() / math.sqrt(studies))


def test_the_interim_look_keeps_the_false_positive_rate() -> None:
    studies, generator = 3000, np.random.default_rng(5)
    d = generator.normal(0, SPREAD, (studies, 10))
    final = simultaneous_interval(d, comparisons=1)
    success = final.high < 0
    stopped = 0
    for study in range(studies):
        look = interim_look(compare(np.exp(d[study, :5]), np.ones(5)), 10, registered=math.log(0.95))
        if look.action is not InterimAction.GO_ON:
            success[study] = look.action is InterimAction.STOP_EFFICACY
            stopped += look.action is InterimAction.STOP_FUTILITY
    assert success.mean() <= 0.025 + 0.0005 + error_of(0.025, studies)
    assert stopped > studies / 20  # futility does spare seeds


@pytest.mark.parametrize("problems", [100, 2000])
def test_coverage_in_points_of_shares_of_a_finite_test_set(problems: int) -> None:
    """Shares of solved problems are no normal variables; their paired differences over ten seeds are near enough."""
    studies, seeds, truth = 20_000, 10, 0.05
    generator = np.random.default_rng(problems)
    right = np.clip(generator.normal([[[0.8]], [[0.8 + truth]]], 0.04, (2, studies, seeds)), 0, 1)
    base, arm = generator.binomial(problems, right) / problems
    interval = simultaneous_interval((1 - arm) - (1 - base))
    covered = float(np.mean((interval.low < -truth) & (interval.high > -truth)))
    assert covered == pytest.approx(0.95, abs=0.01)


def test_no_gain_in_points_is_rarely_read_as_better() -> None:
    studies, generator = 1000, np.random.default_rng(6)
    shares = np.clip(generator.normal(0.9, 0.03, (studies, 2, 10)), 0, 1)
    found = [verdict(compare(1 - a, 1 - b, scale=Points()), 10).verdict for a, b in shares]
    assert found.count(Verdict.CONFIRMED) / studies <= 0.025
    assert sum(row in BETTER for row in found) / studies <= 0.025 + error_of(0.025, studies)
