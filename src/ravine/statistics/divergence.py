"""Diverged runs: never dropped, but imputed at a cap, counted, and their rates compared."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ravine.statistics.arguments import at_least, fraction, positive, same_length, vector
from ravine.statistics.distributions import BoolArray, FloatArray, fair_binomial_cdf, normal_quantile


@dataclass(frozen=True)
class ImputedPair:
    """Paired errors without a hole.

    a, b: errors with every diverged run at the cap, shape (n,).
    diverged_a, diverged_b: which runs diverged, shape (n,).
    cap: the error a diverged run counts with.
    """

    a: FloatArray
    b: FloatArray
    diverged_a: BoolArray
    diverged_b: BoolArray
    cap: float


@dataclass(frozen=True)
class RateInterval:
    """A rate with its interval: `count` of `n`; without a run the rate is NaN and the interval (0, 1)."""

    rate: float
    low: float
    high: float
    count: int
    n: int
    level: float


@dataclass(frozen=True)
class McNemarTest:
    """Exact comparison of two paired rates: two-sided p, and the seeds where only A or only B is affected."""

    p: float
    only_a: int
    only_b: int


def diverged(errors: npt.ArrayLike, zero_error: float) -> BoolArray:
    """Which runs diverged, shape (n,): not finite, or worse than the zero predictor.

    errors: one per seed, shape (n,). zero_error: the zero predictor's error on the same split, same unit.
    ValueError for a negative error or a `zero_error` that is not finite and above 0.
    """
    positive(zero_error, "zero_error")
    values = vector(errors, "errors")
    if (values < 0).any():
        raise ValueError("an error below 0 is neither a result nor a divergence.")
    return np.asarray(~(values <= zero_error), dtype=np.bool_)  # NaN compares false, so it counts as diverged


def impute_diverged(a: npt.ArrayLike, b: npt.ArrayLike, zero_error: float, cap: float | None = None) -> ImputedPair:
    """Both arms with diverged runs at the cap, by default the zero predictor's error.

    a, b: errors in the same order of seeds, shape (n,), NaN and infinity allowed; unit as `zero_error`.
    ValueError for unequal lengths, negative errors, or a cap below `zero_error`: a diverged run may not count
    as better than one that did not diverge.
    """
    first, second = vector(a, "a"), vector(b, "b")
    same_length(first, second)
    cap = zero_error if cap is None else cap
    positive(cap, "cap")
    if cap < zero_error:
        raise ValueError(f"a cap of {cap} below the zero predictor's {zero_error} would reward divergence.")
    lost_a, lost_b = diverged(first, zero_error), diverged(second, zero_error)
    return ImputedPair(np.where(lost_a, cap, first), np.where(lost_b, cap, second), lost_a, lost_b, cap)


def wilson_interval(count: int, n: int, level: float = 0.95) -> RateInterval:
    """Wilson's score interval of a rate of `count` in `n`.

    ValueError unless 0 <= count <= n and level lies in (0, 1). Source: Wilson 1927.
    """
    fraction(level, "level")
    at_least(count, 0, "count")
    at_least(n, count, "n")
    if n == 0:
        return RateInterval(math.nan, 0.0, 1.0, count, n, level)
    z = normal_quantile(1 - (1 - level) / 2)
    centre = (count + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * math.sqrt(count * (n - count) / n + z**2 / 4)
    # The bounds at 0 and n are exactly 0 and 1; rounding would leave them a hair off.
    low = 0.0 if count == 0 else centre - half
    high = 1.0 if count == n else centre + half
    return RateInterval(count / n, low, high, count, n, level)


def mcnemar(a: npt.ArrayLike, b: npt.ArrayLike) -> McNemarTest:
    """Exact two-sided McNemar test of two paired rates, from the seeds on which the arms differ.

    a, b: booleans in the same order of seeds, shape (n,). ValueError for unequal lengths or another type.
    """
    first, second = np.asarray(a), np.asarray(b)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"paired rates need equal vectors, not shapes {first.shape} and {second.shape}.")
    if len(first) and not (first.dtype == np.bool_ and second.dtype == np.bool_):
        raise ValueError("paired rates are compared from booleans, one per seed.")
    only_a = int(np.count_nonzero(first & ~second)) if len(first) else 0
    only_b = int(np.count_nonzero(second & ~first)) if len(first) else 0
    p = min(1.0, 2 * fair_binomial_cdf(min(only_a, only_b), only_a + only_b)) if only_a + only_b else 1.0
    return McNemarTest(p, only_a, only_b)
