"""Fields laid over fields: files, arms and `field=value` words all change a configuration in this one way."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from ravine.config.annotations import TAGS, alternatives, below, field_of, member, models

Table = Mapping[str, Any]
Raw = dict[str, Any]


def changed(schema: type[BaseModel], under: Table, changes: Iterable[tuple[Sequence[str], Any]]) -> Raw:
    """Return a table of `schema` with all changes, each a path and a value; of one path the last counts."""
    over: Raw = {}
    for path, value in changes:
        for key in reversed(path):
            value = {key: value}
        over = merged(over, value)
    return merged(under, over, schema)


def merged(under: Table, over: Table, schema: Any = Any) -> Raw:
    """Return `over` laid over `under`, table by table; what `schema` knows as one value is replaced as a whole."""
    result = dict(under)
    for key, value in over.items():
        there: Any = result.get(key)
        inner = below(schema, key)
        tables = isinstance(there, Mapping) and isinstance(value, Mapping)
        joined = tables and joins(inner, field_of(schema, key), there, value)
        result[key] = merged(there, value, inner) if joined else value
    return result


def joins(annotation: Any, field: Any, under: Table, over: Table) -> bool:
    """Return whether a table adds to another: not to another member of a union, nor shares to shares.

    A table that does not say its member is of the field's default.
    """
    if len(models(annotation)) < 2:
        return alternatives(below(annotation, "")) != [float]
    tags = [next((str(table[tag]) for tag in TAGS if tag in table), None) for table in (under, over)]
    default = type(field.get_default(call_default_factory=True))
    before = default if tags[0] is None else member(annotation, tags[0])
    return tags[1] is None or member(annotation, tags[1]) is before
