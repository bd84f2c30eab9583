"""Adjusted p values: the closed testing procedure and the definition as oracles."""

import itertools
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravine.statistics import benjamini_hochberg, holm

p_values = st.lists(st.floats(0, 1), max_size=6)


def test_holm_by_hand() -> None:
    assert holm([0.03, 0.01, 0.02]).tolist() == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]


@given(p_values)
def test_holm_is_the_closure_of_bonferroni(p: list[float]) -> None:
    m = len(p)
    subsets = [s for size in range(1, m + 1) for s in itertools.combinations(range(m), size)]
    expected = [max(min(1.0, len(s) * min(p[j] for j in s)) for s in subsets if i in s) for i in range(m)]
    assert holm(p).tolist() == pytest.approx(expected)


@given(p_values)
def test_benjamini_hochberg_is_the_least_level_that_rejects(p: list[float]) -> None:
    m, ranked = len(p), sorted(p)
    expected = [min(m * q / rank for rank, q in enumerate(ranked, 1) if q >= own) for own in p]
    assert benjamini_hochberg(p).tolist() == pytest.approx(expected)


@given(p_values)
def test_adjusting_never_lowers_and_keeps_the_order(p: list[float]) -> None:
    raw = np.array(p)
    for adjusted in (holm(p), benjamini_hochberg(p)):
        assert (adjusted >= raw).all()
        assert (adjusted <= 1).all()
        assert (np.diff(adjusted[np.argsort(raw)]) >= 0).all()
    assert (benjamini_hochberg(p) <= holm(p) * (1 + 1e-12)).all()


@given(p_values, st.randoms())
def test_order_of_comparisons_does_not_matter(p: list[float], random: Random) -> None:
    order = list(range(len(p)))
    random.shuffle(order)
    shuffled = [p[i] for i in order]
    for adjust in (holm, benjamini_hochberg):
        assert adjust(shuffled).tolist() == [adjust(p).tolist()[i] for i in order]


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(bad: float) -> None:
    for adjust in (holm, benjamini_hochberg):
        with pytest.raises(ValueError, match="between 0 and 1"):
            adjust([0.5, bad])
