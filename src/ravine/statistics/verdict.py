"""From an interval to words: the verdict table, first match."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ravine.statistics.arguments import at_least, positive
from ravine.statistics.paired import PairedComparison
from ravine.statistics.power import seeds_needed, seeds_to_decide
from ravine.statistics.scale import RATIO, Scale

LEAST_SEEDS = 3


class Verdict(StrEnum):
    """What a registered comparison of arm A with arm B concluded; the values are stable names for files."""

    NOT_DECIDABLE = "not-decidable"
    CONFIRMED = "improvement-confirmed"
    BETTER_BELOW_MARGIN = "better-below-margin"
    BETTER = "better"
    WORSE_BEYOND_MARGIN = "worse-beyond-margin"
    WORSE_BELOW_MARGIN = "worse-below-margin"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    RULED_OUT = "improvement-ruled-out"
    INCONCLUSIVE = "inconclusive"

    def words(self, margin: float | None = None, scale: Scale = RATIO) -> str:
        """The verdict in the words of the table, with the margin as the scale shows it, by default the scale's own."""
        return WORDS[self].format(margin=scale.margin(scale.default_margin if margin is None else margin))

    def sentence(self, arm: str, against: str, margin: float | None = None, scale: Scale = RATIO) -> str:
        """The verdict as a clause about the named arms, without capital or full stop of its own."""
        shown = scale.margin(scale.default_margin if margin is None else margin)
        if self is Verdict.CONFIRMED:
            return f"{arm} {scale.gains(f'at least {shown}', against)}"
        if self is Verdict.RULED_OUT:
            return f"{arm} {scale.gains_not(shown, against)}"
        return SENTENCES[self].format(a=arm, b=against, margin=shown)


WORDS = {
    Verdict.NOT_DECIDABLE: "not decidable",
    Verdict.CONFIRMED: "improvement of at least {margin} confirmed",
    Verdict.BETTER_BELOW_MARGIN: "better, by less than {margin}",
    Verdict.BETTER: "better, {margin} not shown",
    Verdict.WORSE_BEYOND_MARGIN: "worse by more than {margin}",
    Verdict.WORSE_BELOW_MARGIN: "worse, by less than {margin}",
    Verdict.WORSE: "worse",
    Verdict.EQUIVALENT: "practically equivalent",
    Verdict.RULED_OUT: "improvement of {margin} ruled out",
    Verdict.INCONCLUSIVE: "inconclusive",
}

SENTENCES = {
    Verdict.NOT_DECIDABLE: "whether {a} improves on {b} is not decidable",
    Verdict.BETTER_BELOW_MARGIN: "{a} is better than {b}, but by less than {margin}",
    Verdict.BETTER: "{a} is better than {b}; a gain of {margin} is not shown",
    Verdict.WORSE_BEYOND_MARGIN: "{a} is worse than {b} by more than {margin}",
    Verdict.WORSE_BELOW_MARGIN: "{a} is worse than {b}, but by less than {margin}",
    Verdict.WORSE: "{a} is worse than {b}",
    Verdict.EQUIVALENT: "{a} and {b} are practically equivalent, within {margin}",
    Verdict.INCONCLUSIVE: "{a} against {b} is inconclusive",
}

# (low, high, delta) of the mean of d -> whether the row applies; the first that does is the verdict.
ROWS: tuple[tuple[Verdict, Callable[[float, float, float], bool]], ...] = (
    (Verdict.CONFIRMED, lambda low, high, delta: high < -delta),
    (Verdict.BETTER_BELOW_MARGIN, lambda low, high, delta: high < 0 and low > -delta),
    (Verdict.BETTER, lambda low, high, delta: high < 0),
    (Verdict.WORSE_BEYOND_MARGIN, lambda low, high, delta: low > delta),
    (Verdict.WORSE_BELOW_MARGIN, lambda low, high, delta: low > 0 and high < delta),
    (Verdict.WORSE, lambda low, high, delta: low > 0),
    (Verdict.EQUIVALENT, lambda low, high, delta: low > -delta and high < delta),
    (Verdict.RULED_OUT, lambda low, high, delta: low > -delta),
)


@dataclass(frozen=True)
class Finding:
    """A verdict with what it rests on.

    verdict: the row of the table. comparison: its evidence. registered_seeds, margin: as registered.
    seeds_needed: for `INCONCLUSIVE`, seeds a new study should register; None otherwise.
    reason: for `NOT_DECIDABLE`, why; empty otherwise.
    """

    verdict: Verdict
    comparison: PairedComparison
    registered_seeds: int
    margin: float
    seeds_needed: int | None = None
    reason: str = ""

    @property
    def words(self) -> str:
        """The table's words, with the reason or the seeds needed where the row has them."""
        words = self.verdict.words(self.margin, self.comparison.scale)
        if self.reason:
            return f"{words}: {self.reason}"
        return words if self.seeds_needed is None else f"{words}, {self.seeds_needed} seeds needed"

    def sentence(self, arm: str, against: str) -> str:
        """The verdict as a sentence with its effect, interval, seeds and p value, or the reason for none."""
        c, scale = self.comparison, self.comparison.scale
        clause = self.verdict.sentence(arm, against, self.margin, scale)
        if self.reason:
            return f"{clause[0].upper()}{clause[1:]}: {self.reason}."
        evidence = (
            f"{scale.noun} {scale.shown(c.effect)}, simultaneous {100 * c.level:g} % interval "
            f"{scale.interval(*c.interval)}, {c.n} seeds, p = {c.p:.2g}"
        )
        needed = "" if self.seeds_needed is None else f"; register {self.seeds_needed} seeds to decide it"
        return f"{clause} ({evidence}){needed}."


def classify_interval(low: float, high: float, delta: float) -> Verdict:
    """The row that the interval (low, high) of the mean of d falls in, seeds aside; delta: the margin (`Scale.delta`).

    ValueError unless low <= high and delta is finite and above 0.
    """
    positive(delta, "delta")
    if not low <= high:
        raise ValueError(f"an interval needs low <= high, not ({low}, {high}).")
    return next((row for row, applies in ROWS if applies(low, high, delta)), Verdict.INCONCLUSIVE)


def verdict(comparison: PairedComparison, registered_seeds: int, margin: float | None = None) -> Finding:
    """The finding of a registered comparison.

    registered_seeds: n as registered before the first run. margin: the registered relevant gain, .05 for 5 % on the
    scale "ratio", .01 for a point on "points"; None: the scale's default.
    ValueError for fewer than 1 registered seed or a margin outside (0, 1).
    """
    at_least(registered_seeds, 1, "registered_seeds")
    margin = comparison.scale.default_margin if margin is None else margin
    delta = comparison.scale.delta(margin)
    reason = _undecidable(comparison, registered_seeds)
    if reason:
        return Finding(Verdict.NOT_DECIDABLE, comparison, registered_seeds, margin, reason=reason)
    row = classify_interval(comparison.low, comparison.high, delta)
    needed = _needed(comparison, delta) if row is Verdict.INCONCLUSIVE else None
    return Finding(row, comparison, registered_seeds, margin, seeds_needed=needed)


def _undecidable(comparison: PairedComparison, registered_seeds: int) -> str:
    if comparison.n >= 2 and comparison.degenerate:
        return comparison.reason
    if comparison.n < LEAST_SEEDS:
        return f"a verdict takes at least {LEAST_SEEDS} paired seeds, and there are {comparison.n}"
    if comparison.n < registered_seeds:
        return f"{comparison.n} of {registered_seeds} registered seeds are finished"
    return ""


def _needed(comparison: PairedComparison, delta: float) -> int:
    spread, m, level = comparison.spread, comparison.comparisons, comparison.level
    needed = seeds_needed(delta, spread, m, level=level)
    # Power .8 fails one time in five: a study that had those seeds needs an interval that must decide.
    if needed <= comparison.n:
        needed = max(comparison.n + 1, seeds_to_decide(spread, delta, m, level))
    return needed
