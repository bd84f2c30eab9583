"""Per-problem paired bootstrap: how far a ratio of errors depends on which problems the fixed split holds.

It says nothing about seeds, so it stands beside the interval over seeds and never in its place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ravine.statistics.arguments import at_least, finite_vector, fraction, same_length
from ravine.statistics.distributions import FloatArray


@dataclass(frozen=True)
class BootstrapRatio:
    """A ratio of mean errors with its percentile interval over problems.

    ratio: mean a / mean b, below 1 where A is better.
    low, high: the interval; (0, inf) below two problems.
    problems, resamples, level: what it rests on.
    """

    ratio: float
    low: float
    high: float
    problems: int
    resamples: int
    level: float


def bootstrap_ratio(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    generator: np.random.Generator,
    resamples: int = 2000,
    level: float = 0.95,
    max_elements: int = 1 << 20,
) -> BootstrapRatio:
    """Ratio of mean errors over the problems of a fixed split, with a paired percentile interval.

    a, b: errors of the two arms on the same problems, shape (problems,), finite, at least 0, mean above 0.
    Problems are redrawn for both arms together. At most `max_elements` indices, or one resample, are held at
    a time; the result does not depend on it. ValueError for errors out of range or no problem.
    """
    fraction(level, "level")
    at_least(resamples, 1, "resamples")
    first, second = finite_vector(a, "a"), finite_vector(b, "b")
    same_length(first, second)
    at_least(len(first), 1, "the number of problems")
    for name, values in (("a", first), ("b", second)):
        if (values < 0).any() or not values.any():
            raise ValueError(f"{name} must hold errors of at least 0, and not only zeros.")
    ratio = float(first.mean() / second.mean())
    if len(first) < 2:
        return BootstrapRatio(ratio, 0.0, math.inf, len(first), resamples, level)
    drawn = _resampled_ratios(first, second, generator, resamples, max(1, max_elements // len(first)))
    # No interpolation: it would turn an infinite ratio beside a finite one into NaN.
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return BootstrapRatio(ratio, float(low), float(high), len(first), resamples, level)


def _resampled_ratios(
    a: FloatArray, b: FloatArray, generator: np.random.Generator, resamples: int, rows: int
) -> FloatArray:
    ratios = np.empty(resamples)
    for start in range(0, resamples, rows):
        stop = min(start + rows, resamples)
        chosen = generator.integers(0, len(a), size=(stop - start, len(a)))
        top, bottom = a[chosen].mean(axis=1), b[chosen].mean(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios[start:stop] = np.where((top == 0) & (bottom == 0), 1.0, top / bottom)
    return ratios
