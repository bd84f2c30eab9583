"""Arms paired by seed: the mean of d on a metric's scale, its simultaneous interval and the t tests on it.

One seed fixes initial weights, problems and noise for both arms, so d_s is free of what they share. d is below 0 where
the first arm is better: ln a_s - ln b_s of costs on the scale "ratio", a_s - b_s on "points".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ravine.statistics.arguments import at_least, finite_vector, fraction, same_length
from ravine.statistics.critical import critical_t
from ravine.statistics.distributions import FloatArray, student_cdf
from ravine.statistics.scale import RATIO, Scale

SMALLEST_SPREAD = 1e-12
"""A spread of d below this is rounding and no spread between seeds."""


@dataclass(frozen=True)
class PairedComparison:
    """What n paired seeds say about arm A against arm B.

    mean: of d, below 0 where A is better; NaN without a seed.
    low, high: the simultaneous interval of the mean of d; infinite where the spread cannot be estimated.
    p: two-sided p value of the one-sample t test of d against 0, not adjusted; 1 where it cannot be had.
    n: paired seeds.
    spread: s_d, the sample standard deviation of d; NaN below two seeds.
    comparisons: m, the number of comparisons that share the error rate.
    level: joint confidence level of the m intervals.
    scale: how d was made.
    reason: why the spread cannot be estimated, in words; empty where it can.
    """

    mean: float
    low: float
    high: float
    p: float
    n: int
    spread: float
    comparisons: int
    level: float
    scale: Scale = RATIO
    reason: str = ""

    @property
    def degenerate(self) -> bool:
        """Whether the spread cannot be estimated, so that `low`, `high` and `p` say nothing."""
        return bool(self.reason)

    @property
    def effect(self) -> float:
        """What a reader sees of `mean`: the ratio A / B of costs, or the difference A - B of shares."""
        return self.scale.effect(self.mean)

    @property
    def interval(self) -> tuple[float, float]:
        """The effects between which the true one lies, the lower first."""
        return self.scale.ends(self.low, self.high)


@dataclass(frozen=True)
class Interval:
    """Means of d with their intervals; every field has the shape of d without its last axis."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray


def differences(a: npt.ArrayLike, b: npt.ArrayLike, scale: Scale = RATIO) -> FloatArray:
    """The paired differences d_s of transformed costs, shape (n,).

    a, b: costs of the two arms in the same order of seeds, shape (n,).
    ValueError for unequal lengths, or for values that are not finite or not on the scale.
    """
    first, second = finite_vector(a, "a"), finite_vector(b, "b")
    same_length(first, second)
    for name, values in (("a", first), ("b", second)):
        for at, value in enumerate(values.tolist()):
            if (fault := scale.fault(value)) is not None:
                raise ValueError(f"{name}[{at}] {fault}.")
    return np.asarray(scale.transform(first) - scale.transform(second), dtype=np.float64)


def simultaneous_interval(d: npt.ArrayLike, comparisons: int = 1, level: float = 0.95) -> Interval:
    """The interval mean d ± t_(1 - alpha/(2m), n-1) s_d / sqrt n with alpha = 1 - level.

    d: shape (..., n), n >= 2; the leading axes are separate comparisons or simulated studies.
    ValueError for n < 2. Source: Bonferroni over m comparisons.
    """
    values = np.atleast_1d(np.asarray(d, dtype=np.float64))
    n = values.shape[-1]
    critical = critical_t(n, comparisons, level)
    mean = np.asarray(values.mean(axis=-1))
    half = critical * values.std(axis=-1, ddof=1) / math.sqrt(n)
    return Interval(mean, np.asarray(mean - half), np.asarray(mean + half))


def compare(
    a: npt.ArrayLike, b: npt.ArrayLike, comparisons: int = 1, level: float = 0.95, scale: Scale = RATIO
) -> PairedComparison:
    """Arm A against arm B over paired seeds.

    a, b: costs in the same order of seeds, shape (n,), finite and on the scale; any n, also 0, is answered.
    comparisons: m, how many registered comparisons share `1 - level`.
    ValueError as for `differences` and `simultaneous_interval`.
    """
    at_least(comparisons, 1, "comparisons")
    fraction(level, "level")
    d = differences(a, b, scale)
    n = len(d)
    mean = float(d.mean()) if n else math.nan
    spread = float(d.std(ddof=1)) if n > 1 else math.nan
    if n < 2 or spread < SMALLEST_SPREAD:
        reason = f"a spread takes at least 2 paired seeds, not {n}" if n < 2 else scale.identical(n)
        return PairedComparison(mean, -math.inf, math.inf, 1.0, n, spread, comparisons, level, scale, reason)
    interval = simultaneous_interval(d, comparisons, level)
    p = 2 * student_cdf(-abs(mean) / (spread / math.sqrt(n)), n - 1)
    return PairedComparison(mean, float(interval.low), float(interval.high), p, n, spread, comparisons, level, scale)


def margin_p(comparison: PairedComparison, margin: float) -> float:
    """One-sided p value against "A is not better by the margin": t test of d against -delta.

    Not adjusted for several comparisons; 1 for a degenerate comparison. ValueError for a margin outside (0, 1).
    """
    delta = comparison.scale.delta(margin)
    return 1.0 if comparison.degenerate else student_cdf(_t(comparison, -delta), comparison.n - 1)


def equivalence_p(comparison: PairedComparison, margin: float) -> float:
    """P value of the two one-sided tests (TOST) that the mean of d lies between -delta and delta.

    The larger of both p values, not adjusted; 1 for a degenerate comparison. ValueError for a margin outside (0, 1).
    Source: Schuirmann 1987.
    """
    delta, df = comparison.scale.delta(margin), comparison.n - 1
    if comparison.degenerate:
        return 1.0
    return max(student_cdf(-_t(comparison, -delta), df), student_cdf(_t(comparison, delta), df))


def _t(comparison: PairedComparison, bound: float) -> float:
    return (comparison.mean - bound) / (comparison.spread / math.sqrt(comparison.n))
