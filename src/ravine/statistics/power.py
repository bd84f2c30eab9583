"""How many seeds a ratio takes to be detected, and what ratio a number of seeds can detect.

The effect is |ln ratio|, the test the two-sided paired t at alpha/m, whose statistic is noncentral t with
noncentrality |ln ratio| sqrt(n) / s_d.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ravine.statistics.arguments import at_least, fraction, positive
from ravine.statistics.critical import critical_t
from ravine.statistics.distributions import noncentral_student_cdf, normal_quantile

ONE_SIDED_BEYOND = 6.0
"""Noncentrality beyond which the wrong tail, under 1e-9, is left out: scipy loses its precision there."""


def power_of(seeds: int, ratio: float, spread: float, comparisons: int = 1, level: float = 0.95) -> float:
    """Probability that `seeds` paired seeds find the true `ratio` different from 1.

    spread: s_d, the standard deviation of the log-ratios. comparisons: m, sharing alpha = 1 - level.
    ValueError for fewer than 2 seeds, or a ratio or spread that is not finite and above 0.
    """
    positive(ratio, "ratio")
    positive(spread, "spread")
    return _power(seeds, abs(math.log(ratio)) / spread, comparisons, level)


def seeds_needed(ratio: float, spread: float, comparisons: int = 1, power: float = 0.8, level: float = 0.95) -> int:
    """Least number of paired seeds that detects `ratio` with probability `power`.

    A gain of 5 % is ratio .95. To show more than a margin, divide by it: .90 / .95 for "at least 5 %" where
    10 % is true. ValueError as for `power_of`, and for a ratio of 1, which no number of seeds detects.
    """
    fraction(power, "power")
    fraction(level, "level")
    at_least(comparisons, 1, "comparisons")
    positive(ratio, "ratio")
    positive(spread, "spread")
    if ratio == 1:
        raise ValueError("a ratio of 1 is no effect, and no number of seeds detects it.")
    effect = abs(math.log(ratio)) / spread
    z = normal_quantile(1 - (1 - level) / (2 * comparisons)) + normal_quantile(power)
    with_known_spread = math.ceil((max(z, 0.0) / effect) ** 2)
    return _least(lambda n: _power(n, effect, comparisons, level) >= power, with_known_spread)


def seeds_to_decide(spread: float, comparisons: int = 1, margin: float = 0.05, level: float = 0.95) -> int:
    """Least number of seeds whose interval, at this spread, is too narrow to be inconclusive.

    An inconclusive interval reaches from 1 - margin or below to 1 or above; one narrower than -ln(1 - margin)
    on the log scale cannot. ValueError for arguments out of range.
    """
    at_least(comparisons, 1, "comparisons")
    positive(spread, "spread")
    fraction(margin, "margin")
    fraction(level, "level")
    half_width = -math.log1p(-margin) / 2
    z = normal_quantile(1 - (1 - level) / (2 * comparisons))
    with_known_spread = math.ceil((z * spread / half_width) ** 2)
    return _least(lambda n: critical_t(n, comparisons, level) * spread / math.sqrt(n) < half_width, with_known_spread)


def smallest_detectable_ratio(
    seeds: int, spread: float, comparisons: int = 1, power: float = 0.8, level: float = 0.95
) -> float:
    """The ratio below 1 nearest to 1 that `seeds` paired seeds detect with probability `power`.

    Its inverse is the smallest detectable ratio above 1. ValueError as for `power_of`, and for a power that
    false positives alone reach.
    """
    fraction(power, "power")
    positive(spread, "spread")
    if _power(seeds, 0.0, comparisons, level) >= power:
        raise ValueError(f"a power of {power} is no more than the false positives, so every ratio has it.")
    missed, found = 0.0, 1.0
    while _power(seeds, found, comparisons, level) < power:
        missed, found = found, 2 * found
    while found - missed > 1e-12 * found:
        middle = (missed + found) / 2
        enough = _power(seeds, middle, comparisons, level) >= power
        missed, found = (missed, middle) if enough else (middle, found)
    return math.exp(-found * spread)


def _power(seeds: int, effect: float, comparisons: int, level: float) -> float:
    """Power for an effect |ln ratio| / s_d."""
    critical = critical_t(seeds, comparisons, level)
    noncentrality = effect * math.sqrt(seeds)
    found = 1 - noncentral_student_cdf(critical, seeds - 1, noncentrality)
    if noncentrality < ONE_SIDED_BEYOND:
        found += noncentral_student_cdf(-critical, seeds - 1, noncentrality)
    return min(1.0, found)


def _least(enough: Callable[[int], bool], start: int) -> int:
    """Least n >= 2 that is enough, by doubling and bisection; `enough` must stay true once true."""
    few, many = 1, max(2, start)
    while not enough(many):
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if enough(middle) else (middle, many)
    return many
