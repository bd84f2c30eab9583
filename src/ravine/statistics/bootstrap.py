"""Per-problem paired bootstrap: how far an effect depends on which problems the fixed split holds.

It says nothing about seeds, so it stands beside the interval over seeds and never in its place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ravine.statistics.arguments import at_least, finite_vector, fraction, same_length
from ravine.statistics.distributions import FloatArray
from ravine.statistics.scale import RATIO, Scale


@dataclass(frozen=True)
class BootstrapEffect:
    """The effect between mean costs with its percentile interval over problems.

    effect: the ratio mean a / mean b, or the difference of shares.
    low, high: the interval; as wide as the scale below two problems.
    problems, resamples, level: what it rests on.
    """

    effect: float
    low: float
    high: float
    problems: int
    resamples: int
    level: float


def bootstrap(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    generator: np.random.Generator,
    resamples: int = 2000,
    level: float = 0.95,
    max_elements: int = 1 << 20,
    scale: Scale = RATIO,
    weights: npt.ArrayLike | None = None,
) -> BootstrapEffect:
    """The effect between mean costs over the problems of a fixed split, with a paired percentile interval.

    a, b: costs of the two arms on the same problems, shape (problems,), finite, their means on the scale.
    weights: how much each problem counts in a mean, shape (problems,); None: all the same.
    Problems are redrawn for both arms together. At most `max_elements` indices, or one resample, are held at
    a time; the result does not depend on it. ValueError for costs out of range or no problem.
    """
    fraction(level, "level")
    at_least(resamples, 1, "resamples")
    first, second = finite_vector(a, "a"), finite_vector(b, "b")
    counts = np.ones_like(first) if weights is None else finite_vector(weights, "weights")
    same_length(first, second)
    at_least(len(first), 1, "the number of problems")
    for name, values in (("a", first), ("b", second)):
        fault = scale.fault(float(np.average(values, weights=counts)))
        if fault is not None or (values < 0).any():
            raise ValueError(f"{name} must hold costs of at least 0, but their mean {fault or 'is of a negative one'}.")
    columns = np.stack([first * counts, second * counts, counts])
    d = float(_between(columns.mean(axis=1), scale))
    if len(first) < 2:
        low, high = -math.inf, math.inf
    else:
        drawn = _resampled(columns, generator, resamples, max(1, max_elements // len(first)), scale)
        # No interpolation: it would turn an infinite ratio beside a finite one into NaN.
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return BootstrapEffect(
        scale.effect(d), *scale.ends(float(low), float(high)), len(first), resamples=resamples, level=level
    )


def _resampled(
    columns: FloatArray, generator: np.random.Generator, resamples: int, rows: int, scale: Scale
) -> FloatArray:
    problems = columns.shape[1]
    drawn = np.empty(resamples)
    for start in range(0, resamples, rows):
        stop = min(start + rows, resamples)
        chosen = generator.integers(0, problems, size=(stop - start, problems))
        drawn[start:stop] = _between(np.stack([column[chosen].mean(axis=1) for column in columns]), scale)
    return drawn


def _between(means: FloatArray, scale: Scale) -> FloatArray:
    """d between mean costs, (3, ...): weighted costs of both arms, and weights; two costs of 0 are equal."""
    first, second = scale.transform(means[0] / means[2]), scale.transform(means[1] / means[2])
    with np.errstate(invalid="ignore"):
        return np.where(first == second, 0.0, first - second)
