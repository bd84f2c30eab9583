"""Per-problem bootstrap: a plain loop and the delta method as oracles, symmetry, memory and edges."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from ravine.statistics import Points, bootstrap

positive_pairs = st.lists(st.tuples(st.floats(1e-3, 10), st.floats(1e-3, 10)), min_size=2, max_size=20)


def test_a_plain_loop_over_resamples_agrees() -> None:
    a, b = np.random.default_rng(0).exponential(size=(2, 9))
    generator = np.random.default_rng(1)
    drawn = []
    for _ in range(500):
        chosen = generator.integers(0, 9, size=9)
        drawn.append(sum(a[i] for i in chosen) / sum(b[i] for i in chosen))
    result = bootstrap(a, b, np.random.default_rng(1), resamples=500)
    assert result.low == pytest.approx(sorted(drawn)[math.ceil(0.025 * 500) - 1])
    assert result.high == pytest.approx(sorted(drawn)[math.ceil(0.975 * 500) - 1])


def test_delta_method_agrees_on_many_problems() -> None:
    generator = np.random.default_rng(2)
    b = generator.exponential(size=4000)
    a = 0.8 * b * np.exp(generator.normal(0, 0.3, 4000))
    result = bootstrap(a, b, generator)
    ratio = a.mean() / b.mean()
    error = (a - ratio * b).std() / b.mean() / math.sqrt(4000)
    assert result.effect == pytest.approx(ratio)
    assert result.low == pytest.approx(ratio - 1.96 * error, abs=0.2 * error)
    assert result.high == pytest.approx(ratio + 1.96 * error, abs=0.2 * error)


def test_scipy_bootstrap_agrees() -> None:
    a, b = np.random.default_rng(3).gamma(3, size=(2, 50))

    def ratio(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
        return x.mean(axis=axis) / y.mean(axis=axis)  # type: ignore[no-any-return, unused-ignore]

    oracle = stats.bootstrap(
        (a, b), ratio, paired=True, n_resamples=9999, method="percentile", rng=np.random.default_rng(4)
    )
    result = bootstrap(a, b, np.random.default_rng(5), resamples=9999)
    interval = oracle.confidence_interval
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high), abs=0.015)


@given(positive_pairs, st.integers(0, 9))
def test_swapping_arms_inverts_the_ratio_and_mirrors_the_interval(pairs: list[tuple[float, float]], seed: int) -> None:
    a, b = np.array(pairs).T
    # 401 resamples: the lower quantile's rank from below is the upper one's from above.
    there = bootstrap(a, b, np.random.default_rng(seed), resamples=401)
    back = bootstrap(b, a, np.random.default_rng(seed), resamples=401)
    assert there.effect == pytest.approx(1 / back.effect)
    assert there.low == pytest.approx(1 / back.high)
    assert there.high == pytest.approx(1 / back.low)


def test_result_does_not_depend_on_the_memory_bound() -> None:
    a, b = np.random.default_rng(6).exponential(size=(2, 37))
    results = {bootstrap(a, b, np.random.default_rng(7), 300, max_elements=k) for k in (1, 100, 1 << 20)}
    assert len(results) == 1


def test_memory_is_bounded() -> None:
    a, b = np.random.default_rng(8).exponential(size=(2, 20_000))
    tracemalloc.start()
    bootstrap(a, b, np.random.default_rng(9), resamples=300, max_elements=1 << 16)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000  # all 300 resamples at once would hold 48 MB of indices


def test_identical_arms_and_one_problem_are_answered() -> None:
    a = np.array([1.0, 2.0, 3.0])
    same = bootstrap(a, a, np.random.default_rng(0))
    assert (same.effect, same.low, same.high) == (1.0, 1.0, 1.0)
    one = bootstrap([1.0], [2.0], np.random.default_rng(0))
    assert (one.effect, one.low, one.high) == (0.5, 0.0, math.inf)


def test_resamples_without_any_error_are_answered() -> None:
    sparse = bootstrap([0.0, 0.0, 1.0], [0.0, 1.0, 0.0], np.random.default_rng(0))
    assert (sparse.low, sparse.high) == (0.0, math.inf)
    exact = bootstrap([0.0, 1.0], [0.0, 2.0], np.random.default_rng(0))
    assert (exact.low, exact.high) == pytest.approx(
        (0.5, 1.0)
    )  # a quarter of the resamples holds no error in either arm


def test_misuse_is_refused() -> None:
    generator = np.random.default_rng(0)
    with pytest.raises(ValueError, match="equal lengths"):
        bootstrap([1.0], [1.0, 2.0], generator)
    with pytest.raises(ValueError, match=r"a\[1\] is nan"):
        bootstrap([1.0, math.nan], [1.0, 2.0], generator)
    with pytest.raises(ValueError, match="b must hold"):
        bootstrap([1.0, 1.0], [0.0, 0.0], generator)
    with pytest.raises(ValueError, match="number of problems"):
        bootstrap([], [], generator)
    with pytest.raises(ValueError, match="level"):
        bootstrap([1.0, 1.0], [1.0, 2.0], generator, level=1.0)


def test_points_are_differences_of_weighted_means() -> None:
    generator = np.random.default_rng(10)
    a, b = generator.uniform(size=(2, 300)) < np.array([[0.2], [0.3]])
    weights = generator.integers(1, 9, 300).astype(np.float64)
    result = bootstrap(a, b, np.random.default_rng(11), scale=Points(), weights=weights)
    assert result.effect == pytest.approx(np.average(b, weights=weights) - np.average(a, weights=weights))
    assert result.low < result.effect < result.high
    d = (weights * (b.astype(float) - a - result.effect)) / weights.mean()
    half = 1.96 * d.std() / math.sqrt(300)
    assert (result.low, result.high) == pytest.approx((result.effect - half, result.effect + half), abs=0.3 * half)
    assert bootstrap([0.0, 0.0], [0.0, 0.0], generator, scale=Points()).effect == 0.0
