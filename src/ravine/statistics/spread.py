"""How well a pilot knows the spread over seeds: the interval of a standard deviation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy.typing as npt

from ravine.statistics.arguments import finite_vector, fraction
from ravine.statistics.distributions import chi_square_quantile


@dataclass(frozen=True)
class SpreadInterval:
    """A spread s_d with its interval, from n values of d; below two of them NaN and (0, inf)."""

    spread: float
    low: float
    high: float
    n: int
    level: float


def spread_interval(d: npt.ArrayLike, level: float = 0.95) -> SpreadInterval:
    """The sample standard deviation of normal d, shape (n,), with s_d sqrt((n-1) / chi2) at both tails.

    ValueError for values that are not finite or a level outside (0, 1). Source: the chi-square distribution of
    (n-1) s_d^2 / sigma^2.
    """
    fraction(level, "level")
    values = finite_vector(d, "d")
    n = len(values)
    if n < 2:
        return SpreadInterval(math.nan, 0.0, math.inf, n, level)
    spread, df = float(values.std(ddof=1)), n - 1
    low, high = (spread * math.sqrt(df / chi_square_quantile((1 + side * level) / 2, df)) for side in (1, -1))
    return SpreadInterval(spread, low, high, n, level)
