"""Arms paired by seed: the ratio of their errors, its simultaneous interval and the t tests on it.

One seed fixes initial weights, problems and noise for both arms, so d_s = ln a_s - ln b_s is free of what
they share. exp(mean d) is the ratio of errors: below 1, arm A is better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ravine.statistics.arguments import at_least, finite_vector, fraction, same_length
from ravine.statistics.critical import critical_t
from ravine.statistics.distributions import FloatArray, student_cdf

SMALLEST_SPREAD = 1e-12
"""A spread of log-ratios below this is rounding, hence a fault and no spread between seeds."""


@dataclass(frozen=True)
class PairedComparison:
    """What n paired seeds say about arm A against arm B.

    ratio: exp(mean d), below 1 where A is better; NaN without a seed.
    low, high: the simultaneous interval of the ratio; (0, inf) where the spread cannot be estimated.
    p: two-sided p value of the one-sample t test of d against 0, not adjusted; 1 where it cannot be had.
    n: paired seeds.
    mean: mean of d, the log of `ratio`.
    spread: s_d, the sample standard deviation of d; NaN below two seeds.
    comparisons: m, the number of comparisons that share the error rate.
    level: joint confidence level of the m intervals.
    degenerate: the spread cannot be estimated, so `low`, `high` and `p` say nothing.
    reason: why it is degenerate, in words; empty otherwise.
    """

    ratio: float
    low: float
    high: float
    p: float
    n: int
    mean: float
    spread: float
    comparisons: int
    level: float
    degenerate: bool = False
    reason: str = ""


@dataclass(frozen=True)
class RatioInterval:
    """Ratios exp(mean d) with their intervals; every field has the shape of d without its last axis."""

    ratio: FloatArray
    low: FloatArray
    high: FloatArray


def log_ratios(a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray:
    """The paired log-ratios d_s = ln a_s - ln b_s, shape (n,).

    a, b: errors of the two arms in the same order of seeds, shape (n,), any unit.
    ValueError for unequal lengths or for values that are not finite and above 0.
    """
    first, second = finite_vector(a, "a"), finite_vector(b, "b")
    same_length(first, second)
    for name, values in (("a", first), ("b", second)):
        if (values <= 0).any():
            at = int(np.flatnonzero(values <= 0)[0])
            raise ValueError(f"{name}[{at}] is {values[at]}, and an error without a logarithm has no ratio.")
    return np.asarray(np.log(first) - np.log(second), dtype=np.float64)


def simultaneous_interval(d: npt.ArrayLike, comparisons: int = 1, level: float = 0.95) -> RatioInterval:
    """The interval exp(mean d ± t_(1 - alpha/(2m), n-1) s_d / sqrt n) with alpha = 1 - level.

    d: log-ratios, shape (..., n), n >= 2; the leading axes are separate comparisons or simulated studies.
    ValueError for n < 2. Source: Bonferroni over m comparisons.
    """
    values = np.atleast_1d(np.asarray(d, dtype=np.float64))
    n = values.shape[-1]
    critical = critical_t(n, comparisons, level)
    mean = values.mean(axis=-1)
    half = critical * values.std(axis=-1, ddof=1) / math.sqrt(n)
    return RatioInterval(ratio=_exp(mean), low=_exp(mean - half), high=_exp(mean + half))


def compare(a: npt.ArrayLike, b: npt.ArrayLike, comparisons: int = 1, level: float = 0.95) -> PairedComparison:
    """Arm A against arm B over paired seeds.

    a, b: errors in the same order of seeds, shape (n,), finite and above 0; any n, also 0, is answered.
    comparisons: m, how many registered comparisons share `1 - level`.
    ValueError as for `log_ratios` and `simultaneous_interval`.
    """
    at_least(comparisons, 1, "comparisons")
    fraction(level, "level")
    d = log_ratios(a, b)
    n = len(d)
    if n < 2:
        return _undetermined(d, comparisons, level, f"a spread takes at least 2 paired seeds, not {n}")
    spread = float(d.std(ddof=1))
    if spread < SMALLEST_SPREAD:
        return _undetermined(d, comparisons, level, f"the ratio is identical over all {n} seeds, a fault")
    interval = simultaneous_interval(d, comparisons, level)
    mean = float(d.mean())
    p = 2 * student_cdf(-abs(mean) / (spread / math.sqrt(n)), n - 1)
    ratio, low, high = float(interval.ratio), float(interval.low), float(interval.high)
    return PairedComparison(ratio, low, high, p, n, mean, spread, comparisons, level)


def margin_p(comparison: PairedComparison, margin: float = 0.05) -> float:
    """One-sided p value against "A is not better by the margin": t test of d against ln(1 - margin).

    Not adjusted for several comparisons; 1 for a degenerate comparison. ValueError for a margin outside
    (0, 1).
    """
    fraction(margin, "margin")
    if comparison.degenerate:
        return 1.0
    return student_cdf(_t(comparison, math.log1p(-margin)), comparison.n - 1)


def equivalence_p(comparison: PairedComparison, margin: float = 0.05) -> float:
    """P value of the two one-sided tests (TOST) that the ratio lies between 1 - margin and 1/(1 - margin).

    The larger of both p values, not adjusted; 1 for a degenerate comparison. ValueError for a margin outside
    (0, 1). Source: Schuirmann 1987.
    """
    fraction(margin, "margin")
    if comparison.degenerate:
        return 1.0
    bound, df = -math.log1p(-margin), comparison.n - 1
    not_too_good = student_cdf(-_t(comparison, -bound), df)
    not_too_bad = student_cdf(_t(comparison, bound), df)
    return max(not_too_good, not_too_bad)


def _t(comparison: PairedComparison, bound: float) -> float:
    return (comparison.mean - bound) / (comparison.spread / math.sqrt(comparison.n))


def _undetermined(d: FloatArray, comparisons: int, level: float, reason: str) -> PairedComparison:
    n = len(d)
    mean = float(d.mean()) if n else math.nan
    spread = float(d.std(ddof=1)) if n > 1 else math.nan
    ratio = float(_exp(np.float64(mean)))
    return PairedComparison(ratio, 0.0, math.inf, 1.0, n, mean, spread, comparisons, level, True, reason)


def _exp(logarithm: npt.ArrayLike) -> FloatArray:
    # A ratio beyond the largest float is infinite: the honest answer, and worth no warning.
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(logarithm), dtype=np.float64)
