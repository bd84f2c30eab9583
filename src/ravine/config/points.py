"""A study at the points of its axes: the same arms and seeds over another run, where nothing decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from ravine.config.axes import AxesConfig, Point, flat, meeting
from ravine.config.faults import checked
from ravine.config.layers import changed
from ravine.config.schema import RunConfig
from ravine.config.study import StudyConfig
from ravine.errors import ConfigurationError


@dataclass(frozen=True)
class Place:
    """One point to draw: its name, "" for the study's own run, and values by field.

    `beside`: the study's own run, which none of the axes' points is.
    """

    name: str
    values: Mapping[str, Any]
    beside: bool = False


def at(study: StudyConfig, point: Point) -> StudyConfig:
    """Return the study at a point of its axes, where it decides nothing; a `ConfigurationError` for no such run."""
    base = study.run.model_dump(mode="json")
    if "training.start_from" in point.values:
        base["training"]["start_weights"] = None  # a digest of the weights that the study's own run begins with
    raw = changed(RunConfig, base, [(field.split("."), value) for field, value in point.values.items()])
    run = checked(RunConfig, raw, f"axes: at {point.name}: ")
    explores: dict[str, Any] = {"comparisons": (), "also": (), "interim": False, "axes": AxesConfig()}
    return study.model_copy(update={"run": run, **explores})


def points(study: StudyConfig) -> dict[str, StudyConfig]:
    """Return the study at every point of its axes, by name; a point that is the study's own run is none of them.

    A `ConfigurationError` for a field that both an axis and an arm set.
    """
    for arm, changes in study.arms.items():
        if (met := meeting(product(study.axes.fields, flat(changes)))) is not None:
            raise ConfigurationError(f"axes: {met[0]}: arm {arm!r} sets {met[1]} itself; leave one of them out")
    found = {point.name: at(study, point) for point in study.axes.all}
    return {name: each for name, each in found.items() if each.run != study.run}


def places(study: StudyConfig) -> list[Place]:
    """Return all points to draw, the study's own run first where none of the axes' points is it."""
    explored = points(study)
    named = [Place(point.name if point.name in explored else "", point.values) for point in study.axes.all]
    if not named or not all(place.name for place in named):
        return named
    own = flat(study.run.model_dump(mode="json"))
    return [Place("", {field: own.get(field) for field in study.axes.fields}, beside=True), *named]
