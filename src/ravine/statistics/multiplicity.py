"""Adjusted p values: Holm for what was registered, Benjamini-Hochberg for what is exploratory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ravine.statistics.arguments import vector
from ravine.statistics.distributions import FloatArray, adjusted_for_discoveries


def holm(p: npt.ArrayLike) -> FloatArray:
    """Holm's step-down adjusted p values, which hold the family-wise error rate under any dependence.

    p: raw p values in [0, 1], shape (m,), m = 0 included; the result has the same order and shape.
    ValueError for a value outside [0, 1] or NaN. Source: Holm 1979.
    """
    values = _probabilities(p)
    order = np.argsort(values, kind="stable")
    m = len(values)
    stepped = np.minimum(1.0, (m - np.arange(m)) * values[order])
    adjusted = np.empty_like(values)
    adjusted[order] = np.maximum.accumulate(stepped)
    return adjusted


def benjamini_hochberg(p: npt.ArrayLike) -> FloatArray:
    """Benjamini-Hochberg adjusted p values, which hold the false discovery rate under positive dependence.

    p: raw p values in [0, 1], shape (m,), m = 0 included; the result has the same order and shape.
    ValueError for a value outside [0, 1] or NaN. Source: Benjamini and Hochberg 1995.
    """
    values = _probabilities(p)
    return adjusted_for_discoveries(values) if len(values) else values


def _probabilities(p: npt.ArrayLike) -> FloatArray:
    values = vector(p, "p")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("p values must lie between 0 and 1.")
    return values
