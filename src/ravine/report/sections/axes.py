"""Which arms differ in one or two numbers of their configuration alone, and so draw a curve or a map."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ravine.config.axes import flat
from ravine.report.reading.subject import Subject, mapping

Setting = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Axis:
    """Arms that differ in one number, `field`: value -> arm."""

    field: str
    arms: Mapping[float, str]


@dataclass(frozen=True)
class Plane:
    """Arms that differ in two numbers, `fields`: (value, value) -> arm."""

    fields: tuple[str, str]
    arms: Mapping[tuple[float, float], str]


def settings(subject: Subject) -> dict[str, dict[str, Any]]:
    """Return arm -> the fields that any arm changes, with the arm's values, the study's own where it changes none."""
    changes = {arm: flat(mapping(entry)) for arm, entry in mapping(subject.study.get("arms")).items()}
    base = flat(subject.config)
    fields = list(dict.fromkeys(field for entry in changes.values() for field in entry))
    return {
        arm: {field: changes[arm].get(field, base.get(field)) for field in fields}
        for arm in subject.arms
        if arm in changes
    }


def numeric(value: Any) -> bool:
    """Return whether a field's value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def grouped(found: Mapping[str, Mapping[str, Any]], fields: tuple[str, ...]) -> list[dict[tuple[float, ...], str]]:
    """Return the groups of arms that are equal in all but some numeric fields: values of these -> arm."""
    groups: dict[Setting, dict[tuple[float, ...], str]] = {}
    for arm, values in found.items():
        if all(numeric(values[field]) for field in fields):
            rest = tuple((field, repr(value)) for field, value in values.items() if field not in fields)
            point = tuple(float(values[field]) for field in fields)
            groups.setdefault(rest, {}).setdefault(point, arm)
    return list(groups.values())


def axes(found: Mapping[str, Mapping[str, Any]]) -> list[Axis]:
    """Return every group of arms along one numeric field with at least two values."""
    fields = next(iter(found.values()), {})
    return [
        Axis(field, {point[0]: group[point] for point in sorted(group)})
        for field in fields
        for group in grouped(found, (field,))
        if len(group) >= 2
    ]


def planes(found: Mapping[str, Mapping[str, Any]]) -> list[Plane]:
    """Return every group of arms over two numeric fields of which no line holds all: at least three cells."""
    fields = next(iter(found.values()), {})
    return [
        Plane(pair, {(point[0], point[1]): group[point] for point in sorted(group)})
        for pair in combinations(fields, 2)
        for group in grouped(found, pair)
        if len(group) >= 4 and all(len({point[side] for point in group}) >= 2 for side in (0, 1))
    ]


def single_valued(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the numeric fields that arms set but that have one value in all of them."""
    fields = next(iter(found.values()), {})
    return [
        field
        for field in fields
        if all(numeric(values[field]) for values in found.values())
        and len({float(values[field]) for values in found.values()}) == 1
    ]
