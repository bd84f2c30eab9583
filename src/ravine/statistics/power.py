"""How many seeds an effect takes to be detected, and what effect a number of seeds can detect.

An effect is a true mean of d (`Scale.delta` makes one of a gain), the test the two-sided paired t at alpha/m, whose
statistic is noncentral t with noncentrality |effect| sqrt(n) / s_d.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ravine.statistics.arguments import at_least, finite, fraction, positive
from ravine.statistics.critical import critical_t
from ravine.statistics.distributions import noncentral_student_cdf, normal_quantile

ONE_SIDED_BEYOND = 6.0
"""Noncentrality beyond which the wrong tail, under 1e-9, is left out: scipy loses its precision there."""


def power_of(seeds: int, effect: float, spread: float, comparisons: int = 1, level: float = 0.95) -> float:
    """Probability that `seeds` paired seeds find the true `effect` different from 0.

    spread: s_d, the standard deviation of d. comparisons: m, sharing alpha = 1 - level.
    ValueError for fewer than 2 seeds, an effect that is not finite, or a spread that is not finite and above 0.
    """
    finite(effect, "effect")
    positive(spread, "spread")
    return _power(seeds, abs(effect) / spread, comparisons, level)


def seeds_needed(effect: float, spread: float, comparisons: int = 1, power: float = 0.8, level: float = 0.95) -> int:
    """Least number of paired seeds that detects `effect` with probability `power`.

    To show more than a margin, take the margin's delta off the effect. ValueError as for `power_of`, and for an
    effect of 0, which no number of seeds detects.
    """
    fraction(power, "power")
    fraction(level, "level")
    at_least(comparisons, 1, "comparisons")
    finite(effect, "effect")
    positive(spread, "spread")
    if effect == 0:
        raise ValueError("an effect of 0 is no effect, and no number of seeds detects it.")
    relative = abs(effect) / spread
    z = normal_quantile(1 - (1 - level) / (2 * comparisons)) + normal_quantile(power)
    with_known_spread = math.ceil((max(z, 0.0) / relative) ** 2)
    return _least(lambda n: _power(n, relative, comparisons, level) >= power, with_known_spread)


def seeds_to_decide(spread: float, delta: float, comparisons: int = 1, level: float = 0.95) -> int:
    """Least number of seeds whose interval, at this spread, is too narrow to be inconclusive.

    An inconclusive interval of the mean of d reaches from -delta, the margin, or below to 0 or above; one narrower
    than delta cannot. ValueError for arguments out of range.
    """
    at_least(comparisons, 1, "comparisons")
    positive(spread, "spread")
    positive(delta, "delta")
    fraction(level, "level")
    half_width = delta / 2
    z = normal_quantile(1 - (1 - level) / (2 * comparisons))
    with_known_spread = math.ceil((z * spread / half_width) ** 2)
    return _least(lambda n: critical_t(n, comparisons, level) * spread / math.sqrt(n) < half_width, with_known_spread)


def smallest_detectable_effect(
    seeds: int, spread: float, comparisons: int = 1, power: float = 0.8, level: float = 0.95
) -> float:
    """The effect above 0 nearest to 0 that `seeds` paired seeds detect with probability `power`.

    ValueError as for `power_of`, and for a power that false positives alone reach.
    """
    fraction(power, "power")
    positive(spread, "spread")
    if _power(seeds, 0.0, comparisons, level) >= power:
        raise ValueError(f"a power of {power} is no more than the false positives, so every effect has it.")
    missed, found = 0.0, 1.0
    while _power(seeds, found, comparisons, level) < power:
        missed, found = found, 2 * found
    while found - missed > 1e-12 * found:
        middle = (missed + found) / 2
        enough = _power(seeds, middle, comparisons, level) >= power
        missed, found = (missed, middle) if enough else (middle, found)
    return found * spread


def _power(seeds: int, effect: float, comparisons: int, level: float) -> float:
    """Power for an effect in units of s_d."""
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
