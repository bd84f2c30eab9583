"""The interval of a spread: against scipy, and by its coverage."""

import math

import numpy as np
import pytest
from scipy import stats

from ravine.statistics import spread_interval


def test_it_is_the_chi_square_interval() -> None:
    d = np.random.default_rng(0).normal(0, 0.1, 7)
    found = spread_interval(d, 0.9)
    low, high = (math.sqrt(6 * d.var(ddof=1) / stats.chi2.ppf(q, 6)) for q in (0.95, 0.05))
    assert found.n == 7
    assert [found.spread, found.low, found.high] == pytest.approx([d.std(ddof=1), low, high])


@pytest.mark.parametrize("n", [3, 10])
def test_it_covers_the_true_spread(n: int) -> None:
    d = np.random.default_rng(n).normal(0, 0.1, (4000, n))
    found = [spread_interval(row) for row in d]
    covered = np.mean([entry.low < 0.1 < entry.high for entry in found])
    assert covered == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 4000))


def test_one_seed_has_no_spread() -> None:
    found = spread_interval([0.1])
    assert math.isnan(found.spread)
    assert (found.low, found.high) == (0.0, math.inf)


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        spread_interval([0.1, 0.2], 1.0)
    with pytest.raises(ValueError, match="impute"):
        spread_interval([0.1, math.nan])
