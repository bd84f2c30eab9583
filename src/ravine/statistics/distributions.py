"""The few distributions the procedure needs, typed.

Only `scipy.special` is imported: it loads fast, and leaves `scipy.stats` free to be the oracle of the tests.
"""

from __future__ import annotations

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


def fair_binomial_cdf(successes: int, trials: int) -> float:
    """Probability of at most `successes` heads in `trials` throws of a fair coin."""
    return float(special.bdtr(successes, trials, 0.5))
