"""The critical value that every simultaneous interval, test and power of the procedure shares."""

from __future__ import annotations

from ravine.statistics.arguments import at_least, fraction
from ravine.statistics.distributions import student_quantile


def critical_t(n: int, comparisons: int, level: float) -> float:
    """t_(1 - alpha/(2m), n-1) for n paired seeds, m comparisons and alpha = 1 - level.

    ValueError for n < 2, m < 1 or a level outside (0, 1). Source: Bonferroni.
    """
    at_least(n, 2, "the number of paired seeds")
    at_least(comparisons, 1, "comparisons")
    fraction(level, "level")
    return student_quantile(1 - (1 - level) / (2 * comparisons), n - 1)
