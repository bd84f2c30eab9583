"""The scales: what d is, what a reader sees, and what a diverged run counts as."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravine.statistics import RATIO, Points, Scale, scale_of

SCALES: tuple[Scale, ...] = (RATIO, Points("higher"), Points("lower"))


def test_scales_by_name() -> None:
    assert scale_of("ratio") is RATIO
    assert scale_of("points", "lower") == Points("lower")
    assert [scale.default_margin for scale in SCALES[:2]] == [0.05, 0.01]


@pytest.mark.parametrize("scale", SCALES)
@given(cost=st.floats(1e-6, 1))
def test_the_inverse_gives_costs_back(scale: Scale, cost: float) -> None:
    assert float(scale.inverse(scale.transform(cost))) == pytest.approx(cost)


@pytest.mark.parametrize("scale", SCALES)
def test_two_equal_arms_have_the_neutral_effect(scale: Scale) -> None:
    assert scale.effect(0.0) == scale.neutral
    assert math.copysign(1, scale.effect(-0.0)) == 1


def test_effects_have_the_metrics_own_direction() -> None:
    assert RATIO.effect(-RATIO.delta(0.05)) == pytest.approx(0.95)
    assert Points("higher").effect(-0.03) == 0.03
    assert Points("lower").effect(-0.03) == -0.03
    assert Points("higher").ends(-0.05, 0.02) == (-0.02, 0.05)
    assert Points().ends(-math.inf, math.inf) == (-1.0, 1.0)


def test_what_a_diverged_run_counts_as() -> None:
    seen = [0.3, 7.0, math.nan, math.inf]
    assert RATIO.limit(seen, 1.0, "worse-than-zero") == 1.0
    assert RATIO.limit(seen, 1.0, "non-finite") == 7.0
    assert RATIO.limit(seen, 9.0, "non-finite") == 9.0
    assert RATIO.limit(seen, None, "worse-than-zero") is None
    assert Points().limit([0.2, math.nan], None, "worse-than-zero") == 1.0


def test_costs_off_the_scale() -> None:
    assert [RATIO.fault(cost) is None for cost in (1e-300, 0.0, -1.0)] == [True, False, False]
    assert [Points().fault(cost) is None for cost in (0.0, 1.0, 1 + 1e-12, 1.1, -0.1)] == [True] * 3 + [False] * 2


@pytest.mark.parametrize("margin", [0.0, 1.0, math.nan])
@pytest.mark.parametrize("scale", SCALES)
def test_margins_lie_between_0_and_1(scale: Scale, margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        scale.delta(margin)


@pytest.mark.parametrize(
    ("effect", "shown"),
    [(0.031, "+3.1 points"), (-0.25, "-25.0 points"), (0.0, "+0.0 points"), (0.0004, "+0.04 points")],
)
def test_points_are_shown_with_their_sign(effect: float, shown: str) -> None:
    assert Points().shown(effect) == shown


def test_margins_are_shown() -> None:
    assert [Points().margin(margin) for margin in (0.01, 0.02, 0.005)] == ["1 point", "2 points", "0.5 points"]
    assert RATIO.margin(0.05) == "5 %"
