"""The exact sign-flip test: robust to the shape of the differences, limited by the number of seeds.

If arms are exchangeable within a seed, d_s and -d_s are equally likely; the p value is the share of the 2^n
sign patterns whose |sum| is at least the observed one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ravine.statistics.arguments import at_least, finite_vector, fraction
from ravine.statistics.distributions import FloatArray

EXACT_LIMIT = 20
"""Most seeds that are enumerated: 2^19 sums, 4 MB."""
CHUNK = 1 << 20


@dataclass(frozen=True)
class SignFlipTest:
    """Result of a sign-flip test.

    p: two-sided p value.
    least_p: the least p value that this many seeds can reach.
    n: seeds.
    exact: whether all sign patterns were enumerated; otherwise `p` is a Monte Carlo estimate.
    """

    p: float
    least_p: float
    n: int
    exact: bool


def least_attainable_p(n: int) -> float:
    """The least two-sided p value of the exact sign-flip test with n seeds, 2/2^n; 1 without a seed."""
    at_least(n, 0, "n")
    return min(1.0, math.ldexp(1.0, 1 - n))


def least_seeds(comparisons: int = 1, level: float = 0.95) -> int:
    """Seeds below which the sign-flip test cannot succeed for the first of m comparisons under Holm."""
    at_least(comparisons, 1, "comparisons")
    fraction(level, "level")
    return math.ceil(1 + math.log2(comparisons / (1 - level)))


def sign_flip_test(
    d: npt.ArrayLike, generator: np.random.Generator | None = None, resamples: int = 100_000
) -> SignFlipTest:
    """The two-sided sign-flip test of the differences d against a distribution symmetric about 0.

    d: shape (n,), finite. Up to 20 seeds all patterns are enumerated. Beyond, `resamples` patterns are drawn
    from `generator` and p = (1 + hits) / (1 + resamples), which keeps the test valid.
    ValueError beyond 20 seeds without a generator.
    """
    values = finite_vector(d, "d")
    n = len(values)
    # Patterns that tie with the observed one must count although their sums differ in the last bits.
    threshold = abs(float(values.sum())) - 1e-12 * float(np.abs(values).sum())
    if n <= EXACT_LIMIT:
        p = float(np.mean(np.abs(_half_of_the_sums(values)) >= threshold)) if n else 1.0
        return SignFlipTest(p, least_attainable_p(n), n, exact=True)
    if generator is None:
        raise ValueError(f"the exact test takes at most {EXACT_LIMIT} seeds, not {n}: pass a generator.")
    at_least(resamples, 1, "resamples")
    hits = _hits(values, threshold, generator, resamples)
    return SignFlipTest((1 + hits) / (1 + resamples), 1 / (1 + resamples), n, exact=False)


def _half_of_the_sums(values: FloatArray) -> FloatArray:
    """Sums of all patterns that keep the first sign: the others are their negatives, with the same |sum|."""
    sums = values[:1]
    for value in values[1:]:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def _hits(values: FloatArray, threshold: float, generator: np.random.Generator, resamples: int) -> int:
    rows = max(1, CHUNK // len(values))
    hits = 0
    for start in range(0, resamples, rows):
        shape = (min(rows, resamples - start), len(values))
        signs = generator.integers(0, 2, size=shape, dtype=np.int8) * 2.0 - 1.0
        hits += int(np.count_nonzero(np.abs(signs @ values) >= threshold))
    return hits
