"""How sure a mean over test problems is: another draw of problems of the same kind would give another one."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ravine.statistics.arguments import fraction, vector
from ravine.statistics.distributions import normal_quantile, student_quantile
from ravine.statistics.scale import ScaleName

DIGITS = 12
"""Decimals of a share's ends: beyond them is rounding, and an end of exactly 0 or 1 is to be shown as such."""


def mean_interval(
    values: npt.ArrayLike, scale: ScaleName, weights: npt.ArrayLike | None = None, level: float = 0.95
) -> tuple[float, float]:
    """Return the ends of the interval of a metric's mean over problems.

    values: one per problem, shape (n,), n > 1: shares from 0 to 1 on the scale `points`, errors of at least 0 on
    `ratio`; weights: how much each counts, shape (n,), all alike if not given. Of shares it is Wilson's interval, at
    (sum w)^2 / sum w^2 problems: wide enough whatever lies between 0 and 1, since no variable there varies more than
    one of 0 and 1 alone. Of errors it is Student's, of the mean's logarithm by the delta method. ValueError for a level
    outside (0, 1). Source: Wilson 1927; Kish 1965 for the number of problems.
    """
    fraction(level, "level")
    x = vector(values, "values")
    w = np.ones(len(x)) if weights is None or not np.any(weights) else vector(weights, "weights")
    mean, n = float(np.average(x, weights=w)), float(w.sum() ** 2 / (w**2).sum())
    if scale == "points":
        return wilson(mean, n, normal_quantile((1 + level) / 2))
    if mean == 0:
        return 0.0, 0.0
    error = math.sqrt(float((w**2 * (x - mean) ** 2).sum()) * len(x) / (len(x) - 1)) / float(w.sum())
    width = math.exp(student_quantile((1 + level) / 2, len(x) - 1) * error / mean)
    return mean / width, mean * width


def wilson(share: float, n: float, z: float) -> tuple[float, float]:
    """Return the ends of Wilson's interval of a share in `n`, which need not be whole."""
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    width = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return round(max(0.0, centre - width), DIGITS), round(min(1.0, centre + width), DIGITS)
