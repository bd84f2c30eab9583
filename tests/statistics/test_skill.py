"""Skill of plain values."""

import pytest

from ravine.statistics import skill


def test_skill_is_the_share_of_the_way_from_the_best_trivial_predictor() -> None:
    assert skill(0.1, [1.0, 0.5], 0.0, "lower") == pytest.approx(0.8)
    assert skill(1.0, [1.0, 0.5], 0.0, "lower") == pytest.approx(-1.0)
    assert skill(0.8, [0.0, 0.2], 1.0, "higher") == pytest.approx(0.75)


def test_skill_is_none_where_nothing_is_to_be_gained_or_known() -> None:
    assert skill(0.1, [1e-15], 0.0, "lower") is None
    assert skill(0.9, [1.0], 1.0, "higher") is None
    assert skill(0.1, [], 0.0, "lower") is None
    assert skill(None, [0.5], 0.0, "lower") is None
