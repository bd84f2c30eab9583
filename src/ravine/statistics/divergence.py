"""Diverged runs: never dropped, but imputed at a cap, counted, and their rates compared."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ravine.statistics.arguments import at_least, fraction, positive, same_length, vector
from ravine.statistics.distributions import BoolArray, FloatArray, binomial_test


@dataclass(frozen=True)
class ImputedPair:
    """Paired costs without a hole.

    a, b: costs with every diverged run at the cap, shape (n,).
    diverged_a, diverged_b: which runs diverged, shape (n,).
    cap: the cost a diverged run counts with.
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


def diverged(costs: npt.ArrayLike, limit: float) -> BoolArray:
    """Which runs diverged, shape (n,): not finite, or worse than the limit.

    costs: one per seed, shape (n,). limit: the cost that a run must not exceed (`Scale.limit`), in their unit.
    ValueError for a limit that is not finite and above 0.
    """
    positive(limit, "limit")
    values = vector(costs, "costs")
    return np.asarray(~(np.isfinite(values) & (values <= limit)), dtype=np.bool_)


def impute_diverged(a: npt.ArrayLike, b: npt.ArrayLike, cap: float) -> ImputedPair:
    """Both arms with diverged runs at the cap, beyond which a run counts as diverged.

    a, b: costs in the same order of seeds, shape (n,), NaN and infinity allowed; unit as `cap`.
    ValueError for unequal lengths or a cap that is not finite and above 0.
    """
    first, second = vector(a, "a"), vector(b, "b")
    same_length(first, second)
    lost_a, lost_b = diverged(first, cap), diverged(second, cap)
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
    interval = binomial_test(count, n).proportion_ci(level, method="wilson")
    return RateInterval(count / n, float(interval.low), float(interval.high), count, n, level)


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
    p = float(binomial_test(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    return McNemarTest(p, only_a, only_b)
