"""The axes of a study: fields of its run that are explored at several values, and the points that these make."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from ravine.section import Lax, Section

Values = Annotated[list[Any], Field(min_length=1)]
Table = Mapping[str, Any]
LONGEST = 100
"""Characters of a point's name, which names a folder."""
OWN = {"seed": "seeds and first_seed say which there are"}
"""Fields of a run that are the study's own, and where they are set."""


@dataclass(frozen=True)
class Point:
    """One combination of values, by dotted field."""

    values: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name, which can be that of a folder: `task.n=5,training.batch=64`."""
        text = ",".join(f"{field}={written(value)}" for field, value in self.values.items())
        safe = re.sub(r"[^\w.+=,-]", "-", text, flags=re.ASCII)
        if safe == text and len(text) <= LONGEST:
            return text
        return f"{safe[: LONGEST - 9]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


class AxesConfig(Section):
    """Fields of the run, by dotted path, that are explored at other values than its own; they never decide.

    Fields of `[axes]` itself are those of `grid`.
    """

    grid: dict[str, Values] = {}
    """Values of each field; all combinations are points."""
    zip: dict[str, Values] = {}
    """Fields that change together, each with equally many values: one more axis of the grid."""
    points: Annotated[tuple[dict[str, Any], ...], Lax] = ()
    """Further points, each a table of fields."""

    @model_validator(mode="before")
    @classmethod
    def _fields_are_of_the_grid(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        own = {key: value for key, value in raw.items() if key in cls.model_fields}
        rest = {key: value for key, value in raw.items() if key not in own}
        return {**own, "grid": {**own.get("grid", {}), **rest}} if rest else own

    @field_validator("grid", "zip", mode="before")
    @classmethod
    def _by_path(cls, raw: Any) -> Any:
        return flat(raw) if isinstance(raw, dict) else raw

    @field_validator("points")
    @classmethod
    def _points_by_path(cls, points: Sequence[Table]) -> tuple[Table, ...]:
        if any(not point for point in points):
            raise ValueError("a point without a field; the study's own run is there anyway")
        return tuple(flat(point) for point in points)

    @field_validator("zip")
    @classmethod
    def _equally_many(cls, zipped: Mapping[str, Sequence[Any]]) -> Mapping[str, Sequence[Any]]:
        if len({len(values) for values in zipped.values()}) > 1:
            counts = ", ".join(f"{field} has {len(values)}" for field, values in zipped.items())
            raise ValueError(f"fields that change together need equally many values; {counts}")
        return zipped

    @model_validator(mode="after")
    def _points_are_distinct(self) -> "AxesConfig":
        for field in self.fields:
            if field in OWN:
                raise ValueError(f"{field} cannot be an axis; {OWN[field]}")
        if (met := meeting(combinations((*self.grid, *self.zip), 2))) is not None:
            raise ValueError(f"{' and '.join(dict.fromkeys(met))} would be set twice at every point; leave one out")
        names = [point.name for point in self.all]
        if (twice := next((name for index, name in enumerate(names) if name in names[:index]), None)) is not None:
            raise ValueError(f"{twice} is there twice; leave one of them out")
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields, those of the grid first."""
        return tuple(dict.fromkeys([*self.grid, *self.zip, *(field for point in self.points for field in point)]))

    @property
    def all(self) -> list[Point]:
        """All points: the grid's, the last field changing fastest, then the further ones."""
        sides: list[list[dict[str, Any]]] = [
            [{field: value} for value in values] for field, values in self.grid.items()
        ]
        if self.zip:
            rows = zip(*self.zip.values(), strict=True)
            sides.append([dict(zip(self.zip, row, strict=True)) for row in rows])
        combined = [dict(pair for part in parts for pair in part.items()) for parts in product(*sides)] if sides else []
        return [Point(values) for values in (*combined, *self.points)]


def written(value: Any) -> str:
    """Return a value as it stands in a point's name."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), default=str)


def flat(table: Table, prefix: str = "") -> dict[str, Any]:
    """Return a nested table's fields by dotted path."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found


def meeting(pairs: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """Return the first pair of fields of which one is the other or holds it; None if there is none."""
    return next(((a, b) for a, b in pairs if f"{a}.".startswith(f"{b}.") or f"{b}.".startswith(f"{a}.")), None)
