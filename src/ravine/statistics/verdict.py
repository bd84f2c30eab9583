"""From an interval to words: the verdict table, first match."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ravine.statistics.arguments import at_least, fraction
from ravine.statistics.paired import PairedComparison
from ravine.statistics.power import seeds_needed, seeds_to_decide
from ravine.statistics.words import brief

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

    def words(self, margin: float = 0.05) -> str:
        """The verdict in the words of the table, with the margin as a percentage."""
        return WORDS[self].format(margin=f"{100 * margin:g} %")

    def sentence(self, arm: str, against: str, margin: float = 0.05) -> str:
        """The verdict as a clause about the named arms, without capital or full stop of its own."""
        return SENTENCES[self].format(a=arm, b=against, margin=f"{100 * margin:g} %")


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
    Verdict.CONFIRMED: "{a} lowers the error by at least {margin} against {b}",
    Verdict.BETTER_BELOW_MARGIN: "{a} is better than {b}, but by less than {margin}",
    Verdict.BETTER: "{a} is better than {b}; a gain of {margin} is not shown",
    Verdict.WORSE_BEYOND_MARGIN: "{a} is worse than {b} by more than {margin}",
    Verdict.WORSE_BELOW_MARGIN: "{a} is worse than {b}, but by less than {margin}",
    Verdict.WORSE: "{a} is worse than {b}",
    Verdict.EQUIVALENT: "{a} and {b} are practically equivalent, within {margin}",
    Verdict.RULED_OUT: "{a} does not lower the error by {margin} against {b}",
    Verdict.INCONCLUSIVE: "{a} against {b} is inconclusive",
}

# (low, high, 1 - margin) -> whether the row applies; the first that does is the verdict.
ROWS: tuple[tuple[Verdict, Callable[[float, float, float], bool]], ...] = (
    (Verdict.CONFIRMED, lambda low, high, gain: high < gain),
    (Verdict.BETTER_BELOW_MARGIN, lambda low, high, gain: high < 1 and low > gain),
    (Verdict.BETTER, lambda low, high, gain: high < 1),
    (Verdict.WORSE_BEYOND_MARGIN, lambda low, high, gain: low > 1 / gain),
    (Verdict.WORSE_BELOW_MARGIN, lambda low, high, gain: low > 1 and high < 1 / gain),
    (Verdict.WORSE, lambda low, high, gain: low > 1),
    (Verdict.EQUIVALENT, lambda low, high, gain: low > gain and high < 1 / gain),
    (Verdict.RULED_OUT, lambda low, high, gain: low > gain),
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
        words = self.verdict.words(self.margin)
        if self.reason:
            return f"{words}: {self.reason}"
        return words if self.seeds_needed is None else f"{words}, {self.seeds_needed} seeds needed"

    def sentence(self, arm: str, against: str) -> str:
        """The verdict as a sentence with its ratio, interval, seeds and p value, or the reason for none."""
        clause = self.verdict.sentence(arm, against, self.margin)
        if self.reason:
            return f"{clause[0].upper()}{clause[1:]}: {self.reason}."
        c = self.comparison
        evidence = (
            f"ratio {brief(c.ratio)}, simultaneous {100 * c.level:g} % interval {brief(c.low)} to {brief(c.high)}, "
            f"{c.n} seeds, p = {c.p:.2g}"
        )
        needed = "" if self.seeds_needed is None else f"; register {self.seeds_needed} seeds to decide it"
        return f"{clause} ({evidence}){needed}."


def classify_interval(low: float, high: float, margin: float = 0.05) -> Verdict:
    """The row that the interval (low, high) of the ratio falls in, seeds aside.

    ValueError unless 0 <= low <= high and the margin lies in (0, 1).
    """
    fraction(margin, "margin")
    if not 0 <= low <= high:
        raise ValueError(f"an interval of a ratio needs 0 <= low <= high, not ({low}, {high}).")
    return next((row for row, applies in ROWS if applies(low, high, 1 - margin)), Verdict.INCONCLUSIVE)


def verdict(comparison: PairedComparison, registered_seeds: int, margin: float = 0.05) -> Finding:
    """The finding of a registered comparison.

    registered_seeds: n as registered before the first run. margin: the registered relevant gain, .05 for 5 %.
    ValueError for fewer than 1 registered seed or a margin outside (0, 1).
    """
    at_least(registered_seeds, 1, "registered_seeds")
    fraction(margin, "margin")
    reason = _undecidable(comparison, registered_seeds)
    if reason:
        return Finding(Verdict.NOT_DECIDABLE, comparison, registered_seeds, margin, reason=reason)
    row = classify_interval(comparison.low, comparison.high, margin)
    needed = _needed(comparison, margin) if row is Verdict.INCONCLUSIVE else None
    return Finding(row, comparison, registered_seeds, margin, seeds_needed=needed)


def _undecidable(comparison: PairedComparison, registered_seeds: int) -> str:
    if comparison.n >= 2 and comparison.degenerate:
        return comparison.reason
    if comparison.n < LEAST_SEEDS:
        return f"a verdict takes at least {LEAST_SEEDS} paired seeds, and there are {comparison.n}"
    if comparison.n < registered_seeds:
        return f"{comparison.n} of {registered_seeds} registered seeds are finished"
    return ""


def _needed(comparison: PairedComparison, margin: float) -> int:
    spread, m, level = comparison.spread, comparison.comparisons, comparison.level
    needed = seeds_needed(1 - margin, spread, m, level=level)
    # Power .8 fails one time in five: a study that had those seeds needs an interval that must decide.
    if needed <= comparison.n:
        needed = max(comparison.n + 1, seeds_to_decide(spread, m, margin, level))
    return needed
