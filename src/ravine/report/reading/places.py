"""The points of a study's axes, each with all that its directory tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ravine.analysis.plan import PLAN, point_path
from ravine.report.reading.directory import held, read_study
from ravine.report.reading.subject import Subject, mapping


@dataclass(frozen=True)
class Spot:
    """One point: its name, the value of every field of the axes there, and what was found.

    `beside`: the study's own run, which none of the axes' points is.
    """

    name: str
    values: Mapping[str, Any]
    subject: Subject
    beside: bool


def spots(subject: Subject) -> list[Spot]:
    """Return a study's points in order, its own run among them; none of a study without axes."""
    planned = [mapping(entry) for entry in held(subject.path / PLAN).get("axes") or []]
    fields = dict.fromkeys(field for entry in planned for field in mapping(entry.get("values")))
    found = []
    for entry in planned:
        name, values = str(entry.get("name", "")), mapping(entry.get("values"))
        there = subject if not name else read_study(point_path(subject.path, name))
        every = {field: values[field] if field in values else at(subject.config, field) for field in fields}
        found.append(Spot(name, every, there, bool(entry.get("beside"))))
    return found


def at(config: Mapping[str, Any], field: str) -> Any:
    """Return what lies at a dotted path of a configuration; None where nothing does."""
    value: Any = config
    for key in field.split("."):
        value = mapping(value).get(key)
    return value
