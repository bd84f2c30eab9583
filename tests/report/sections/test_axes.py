"""Arms that differ in one number make a curve, in two a map, and in anything else neither."""

from pathlib import Path
from typing import Any

from ravine.report.reading.subject import Run, Subject
from ravine.report.sections.axes import axes, planes, settings, single_valued

BASE = {"mining": {"arm": "mine", "weight": 0.5, "arms": {"mine": {"refine": {"steps": 0}, "propose": {"scale": 3.0}}}}}
STEPS, SCALE, SELECT = (f"mining.arms.mine.{name}" for name in ("refine.steps", "propose.scale", "select"))


def subject(arms: dict[str, dict[str, Any]]) -> Subject:
    runs = tuple(Run(arm, 0, Path(), "finished", {}) for arm in arms)
    return Subject("study", Path(), "s", runs, {}, {"arms": arms}, BASE, collected=True)


def test_the_shipped_ablation_has_a_curve_over_steps_and_one_over_scale() -> None:
    arms: dict[str, dict[str, Any]] = {f"steps-{steps}": {STEPS: steps} for steps in (0, 1, 2, 5, 10)}
    arms |= {
        "scale-1": {STEPS: 2, SCALE: 1.0},
        "lowest-of-4": {STEPS: 2, SELECT: {"kind": "lowest", "candidates": 4}},
        "every-4": {STEPS: 2, "mining.every": 4},
    }
    found = settings(subject(arms))
    assert found["steps-5"][SCALE] == 3.0
    curves = {(axis.field, tuple(axis.arms)): tuple(axis.arms.values()) for axis in axes(found)}
    assert curves == {
        (STEPS, (0, 1, 2, 5, 10)): ("steps-0", "steps-1", "steps-2", "steps-5", "steps-10"),
        (SCALE, (1, 3)): ("scale-1", "steps-2"),
    }


def test_a_grid_is_one_map() -> None:
    grid = {f"{steps}-{scale}": {STEPS: steps, SCALE: scale} for steps in (0, 2) for scale in (1.0, 3.0)}
    (plane,) = planes(settings(subject(grid)))
    assert plane.fields == (STEPS, SCALE)
    assert plane.arms == {(0, 1): "0-1.0", (0, 3): "0-3.0", (2, 1): "2-1.0", (2, 3): "2-3.0"}


def test_names_and_switches_are_no_axes() -> None:
    found = settings(subject({"a": {"mining.arm": "none", "x": True}, "b": {"mining.arm": "random", "x": False}}))
    assert axes(found) == []
    assert planes(found) == []


def test_an_axis_of_one_value_is_named() -> None:
    arms = {"a": {"mining.arm": "none", "mining.weight": 2}, "b": {"mining.arm": "random", "mining.weight": 2}}
    found = settings(subject(arms))
    assert axes(found) == []
    assert single_valued(found) == ["mining.weight"]


def test_no_arms_have_no_axes() -> None:
    assert axes(settings(subject({}))) == []
    assert planes({}) == []
    assert single_valued({}) == []
