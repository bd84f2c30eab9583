"""The few distributions the procedure needs, typed.

Only `scipy.special` is imported at once: every training run imports a scale, and `scipy.stats` takes most of a second.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special  # type: ignore[import-untyped, unused-ignore]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def normal_cdf(z: float) -> float:
    """Probability that a standard normal variable is at most `z`."""
    return float(special.ndtr(z))


def normal_quantile(probability: float) -> float:
    """Value below which a standard normal variable lies with `probability`, in (0, 1)."""
    return float(special.ndtri(probability))


def student_cdf(t: float, df: float) -> float:
    """Probability that Student's t with `df` > 0 degrees of freedom is at most `t`."""
    return float(special.stdtr(df, t))


def student_quantile(probability: float, df: float) -> float:
    """Value below which Student's t with `df` > 0 degrees of freedom lies with `probability`, in (0, 1)."""
    return float(special.stdtrit(df, probability))


def noncentral_student_cdf(t: float, df: float, noncentrality: float) -> float:
    """Probability that the noncentral t with `df` > 0 degrees of freedom is at most `t`."""
    return float(special.nctdtr(df, noncentrality, t))


def chi_square_quantile(probability: float, df: float) -> float:
    """Value below which chi-square with `df` > 0 degrees of freedom lies with `probability`, in (0, 1)."""
    return float(special.chdtri(df, 1 - probability))


def binomial_test(successes: int, trials: int) -> Any:
    """scipy's exact two-sided test of a fair coin: its `pvalue`, and `proportion_ci` of the rate."""
    from scipy import stats  # type: ignore[import-untyped, unused-ignore]

    return stats.binomtest(successes, trials)


def adjusted_for_discoveries(p: FloatArray) -> FloatArray:
    """scipy's Benjamini-Hochberg adjustment of p values, shape (m,), m > 0."""
    from scipy import stats  # type: ignore[import-untyped, unused-ignore]

    return np.asarray(stats.false_discovery_control(p), dtype=np.float64)
