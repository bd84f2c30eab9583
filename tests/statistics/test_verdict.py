"""Verdicts: every row of the table, exactly one row for every interval, and the words."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravine.statistics import (
    RATIO,
    PairedComparison,
    Points,
    Scale,
    Verdict,
    classify_interval,
    compare,
    seeds_needed,
    seeds_to_decide,
    verdict,
)
from ravine.statistics.scale import Better

ROWS = [
    (0.80, 0.90, Verdict.CONFIRMED, "improvement of at least 5 % confirmed"),
    (0.96, 0.99, Verdict.BETTER_BELOW_MARGIN, "better, by less than 5 %"),
    (0.90, 0.99, Verdict.BETTER, "better, 5 % not shown"),
    (0.90, 0.95, Verdict.BETTER, "better, 5 % not shown"),  # touching the margin does not confirm it
    (0.95, 0.99, Verdict.BETTER, "better, 5 % not shown"),
    (1.06, 1.20, Verdict.WORSE_BEYOND_MARGIN, "worse by more than 5 %"),
    (1.01, 1.20, Verdict.WORSE, "worse"),
    (1.01, 1.06, Verdict.WORSE, "worse"),
    (1.01, 1.02, Verdict.WORSE_BELOW_MARGIN, "worse, by less than 5 %"),
    (0.97, 1.03, Verdict.EQUIVALENT, "practically equivalent"),
    (0.97, 1.00, Verdict.EQUIVALENT, "practically equivalent"),
    (1.00, 1.04, Verdict.EQUIVALENT, "practically equivalent"),
    (0.97, 1.20, Verdict.RULED_OUT, "improvement of 5 % ruled out"),
    (0.90, 1.00, Verdict.INCONCLUSIVE, "inconclusive, 12 seeds needed"),
    (0.90, 1.20, Verdict.INCONCLUSIVE, "inconclusive, 12 seeds needed"),
    (0.95, 1.20, Verdict.INCONCLUSIVE, "inconclusive, 12 seeds needed"),
    (0.0, math.inf, Verdict.INCONCLUSIVE, "inconclusive, 12 seeds needed"),
]


DELTA = RATIO.delta(0.05)


def log(ratio: float, margin: float = 0.05) -> float:
    """ln ratio, with the margin's bounds exactly where the scale has them."""
    exact = {0.0: -math.inf, 1 - margin: -RATIO.delta(margin), 1 / (1 - margin): RATIO.delta(margin)}
    return exact[ratio] if ratio in exact else math.log(ratio)


def comparison(low: float = 0.9, high: float = 1.2, n: int = 10, spread: float = 0.05) -> PairedComparison:
    """A comparison whose ratio has this interval."""
    return PairedComparison(0.0, log(low), log(high), 0.5, n, spread, comparisons=2, level=0.95)


@pytest.mark.parametrize(("low", "high", "expected", "words"), ROWS)
def test_every_row_of_the_table(low: float, high: float, expected: Verdict, words: str) -> None:
    assert classify_interval(log(low), log(high), DELTA) is expected
    finding = verdict(comparison(low, high), registered_seeds=10)
    assert finding.verdict is expected
    assert finding.words == words


def test_the_rows_above_reach_every_verdict_but_not_decidable() -> None:
    assert {row[2] for row in ROWS} == set(Verdict) - {Verdict.NOT_DECIDABLE}


@pytest.mark.parametrize(("n", "registered"), [(0, 1), (1, 1), (2, 2), (9, 10), (2, 10)])
def test_too_few_seeds_are_not_decidable_however_clear_the_interval(n: int, registered: int) -> None:
    finding = verdict(comparison(0.1, 0.2, n=n), registered_seeds=registered)
    assert finding.verdict is Verdict.NOT_DECIDABLE
    assert str(n) in finding.reason
    assert finding.seeds_needed is None


@pytest.mark.parametrize(("n", "registered"), [(3, 1), (3, 3), (10, 10), (12, 10)])
def test_the_registered_seeds_decide(n: int, registered: int) -> None:
    assert verdict(comparison(0.1, 0.2, n=n), registered).verdict is Verdict.CONFIRMED


def test_no_variance_is_not_decidable_and_says_why() -> None:
    finding = verdict(compare([0.5] * 10, [1.0] * 10), registered_seeds=10)
    assert finding.verdict is Verdict.NOT_DECIDABLE
    assert "identical over all 10 seeds" in finding.words


def exclusive_rows(low: float, high: float, gain: float) -> list[Verdict]:
    """The table rewritten so that its rows exclude each other, as an oracle for the first match."""
    below, above = low <= gain, high >= 1 / gain
    rows = {
        Verdict.CONFIRMED: high < gain,
        Verdict.BETTER_BELOW_MARGIN: gain < low and high < 1,
        Verdict.BETTER: below and gain <= high < 1,
        Verdict.WORSE_BEYOND_MARGIN: low > 1 / gain,
        Verdict.WORSE_BELOW_MARGIN: low > 1 and high < 1 / gain,
        Verdict.WORSE: 1 < low <= 1 / gain and above,
        Verdict.EQUIVALENT: gain < low <= 1 <= high and not above,
        Verdict.RULED_OUT: gain < low <= 1 and above,
        Verdict.INCONCLUSIVE: below and high >= 1,
    }
    return [row for row, applies in rows.items() if applies]


near = st.one_of(st.floats(0, 3), st.sampled_from([0.0, 0.8, 0.9, 0.95, 1.0, 1 / 0.95, 1 / 0.9, math.inf]))


@given(near, near, st.sampled_from([0.05, 0.1, 0.2]))
def test_exactly_one_verdict_for_every_interval(x: float, y: float, margin: float) -> None:
    low, high = min(x, y), max(x, y)
    found = classify_interval(log(low, margin), log(high, margin), RATIO.delta(margin))
    assert exclusive_rows(low, high, 1 - margin) == [found]


@given(st.floats(1e-3, 3.0), st.integers(3, 60), st.integers(1, 5))
def test_inconclusive_asks_for_more_seeds_than_there_are(spread: float, n: int, m: int) -> None:
    base = comparison(0.9, 1.2, n=n, spread=spread)
    needed = verdict(dataclasses.replace(base, comparisons=m), registered_seeds=3).seeds_needed
    assert needed is not None
    assert needed > n
    by_power = seeds_needed(DELTA, spread, m)
    assert needed == (by_power if by_power > n else max(n + 1, seeds_to_decide(spread, DELTA, m)))


def test_a_study_with_power_that_failed_is_sent_to_the_seeds_that_must_decide() -> None:
    assert verdict(comparison(n=11), 11).seeds_needed == 12
    assert verdict(comparison(n=12), 12).seeds_needed == 23


def test_words_follow_the_registered_margin() -> None:
    assert Verdict.CONFIRMED.words(0.07) == "improvement of at least 7 % confirmed"
    assert verdict(comparison(0.85, 0.92), 10, margin=0.1).words == "better, 10 % not shown"


def test_sentences_name_arms_and_evidence() -> None:
    sentence = verdict(comparison(0.8, 0.9), 10).sentence("adversarial", "random")
    assert sentence == (
        "adversarial lowers the error by at least 5 % against random "
        "(ratio 1, simultaneous 95 % interval 0.8 to 0.9, 10 seeds, p = 0.5)."
    )
    assert verdict(comparison(n=4), 10).sentence("adversarial", "random") == (
        "Whether adversarial improves on random is not decidable: 4 of 10 registered seeds are finished."
    )
    assert "register 12 seeds" in verdict(comparison(), 10).sentence("adversarial", "random")


@pytest.mark.parametrize("row", list(Verdict))
@pytest.mark.parametrize("scale", [RATIO, Points()])
def test_every_verdict_has_words_and_a_sentence_with_both_arms(row: Verdict, scale: Scale) -> None:
    sentence = row.sentence("mined", "plain", scale=scale)
    assert "{" not in row.words(scale=scale) + sentence
    assert "mined" in sentence
    assert "plain" in sentence
    assert "error" not in sentence or scale is RATIO


POINTS_ROWS = [
    (0.02, 0.05, Verdict.CONFIRMED, "improvement of at least 1 point confirmed"),
    (0.002, 0.008, Verdict.BETTER_BELOW_MARGIN, "better, by less than 1 point"),
    (0.002, 0.05, Verdict.BETTER, "better, 1 point not shown"),
    (-0.05, -0.02, Verdict.WORSE_BEYOND_MARGIN, "worse by more than 1 point"),
    (-0.008, -0.002, Verdict.WORSE_BELOW_MARGIN, "worse, by less than 1 point"),
    (-0.05, -0.002, Verdict.WORSE, "worse"),
    (-0.008, 0.008, Verdict.EQUIVALENT, "practically equivalent"),
    (-0.05, 0.008, Verdict.RULED_OUT, "improvement of 1 point ruled out"),
    (-0.05, 0.05, Verdict.INCONCLUSIVE, "inconclusive, 199 seeds needed"),
]


@pytest.mark.parametrize("direction", ["higher", "lower"])
@pytest.mark.parametrize(("low", "high", "expected", "words"), POINTS_ROWS)
def test_every_row_in_points(low: float, high: float, expected: Verdict, words: str, direction: Better) -> None:
    """low, high: of the gain in the share; the intervals that a reader sees have the metric's own direction."""
    found = PairedComparison(0.0, -high, -low, 0.5, 10, 0.05, 1, 0.95, Points(direction))
    finding = verdict(found, 10)
    assert (finding.verdict, finding.words) == (expected, words)
    assert found.interval == ((low, high) if direction == "higher" else (-high, -low))


def test_sentences_in_points() -> None:
    found = PairedComparison(-0.031, -0.05, -0.012, 0.01, 10, 0.05, 1, 0.95, Points())
    sentence = verdict(found, 10).sentence("adversarial", "none")
    assert sentence == (
        "adversarial scores at least 1 point better than none (difference +3.1 points, simultaneous 95 % interval "
        "+1.2 to +5.0 points, 10 seeds, p = 0.01)."
    )


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="registered_seeds"):
        verdict(comparison(), registered_seeds=0)
    with pytest.raises(ValueError, match="margin"):
        verdict(comparison(), registered_seeds=10, margin=5)
    with pytest.raises(ValueError, match="delta"):
        classify_interval(-1.0, 1.0, 0.0)
    for low, high in ((1.0, 0.9), (math.nan, 1.0), (1.0, math.nan)):
        with pytest.raises(ValueError, match="low <= high"):
            classify_interval(low, high, DELTA)
