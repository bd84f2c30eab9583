"""Fields laid over fields: files, arms and `field=value` words all change a configuration in this one way."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from ravine.config.annotations import TAGS, alternatives, below, field_of, member, models, tags_of

Table = Mapping[str, Any]
Raw = dict[str, Any]


def changed(schema: type[BaseModel], under: Table, changes: Iterable[tuple[Sequence[str], Any]]) -> Raw:
    """Return a table of `schema` with all changes, each a path and a value; of one path the last counts.

    A whole table that says which member of a union it is takes the place of what earlier changes say of it.
    """
    over: Raw = {}
    for path, value in changes:
        if isinstance(value, Mapping) and any(tag in value for tag in TAGS):
            over = without(over, path)
        for key in reversed(path):
            value = {key: value}
        over = merged(over, value)
    return merged(under, over, schema)


def without(table: Table, path: Sequence[str]) -> Raw:
    """Return a table without what lies at `path`."""
    first, *rest = path
    inner = table.get(first)
    if rest and isinstance(inner, Mapping):
        return {**table, first: without(inner, rest)}
    return {key: value for key, value in table.items() if key != first}


def merged(under: Table, over: Table, schema: Any = Any) -> Raw:
    """Return `over` laid over `under`, table by table; what `schema` knows as one value is replaced as a whole."""
    result = dict(under)
    for key, value in over.items():
        there: Any = result.get(key)
        inner = below(schema, key)
        tables = isinstance(there, Mapping) and isinstance(value, Mapping)
        below_it = kept(inner, field_of(schema, key), there, value) if tables else {}
        result[key] = merged(below_it, value, inner) if below_it else value
    return result


def kept(annotation: Any, field: Any, under: Table, over: Table) -> Table:
    """Return what of a table stays below another: nothing of shares, and of another member what its parent declares.

    A table that does not say its member is of the field's default.
    """
    if len(models(annotation)) < 2:
        return under if alternatives(below(annotation, "")) != [float] else {}
    tags = [next((str(table[tag]) for tag in TAGS if tag in table), None) for table in (under, over)]
    before = type(field.get_default(call_default_factory=True)) if tags[0] is None else member(annotation, tags[0])
    after = before if tags[1] is None else member(annotation, tags[1])
    same = after is before and (None in tags or tags[0] == tags[1] or before is None or tags_of(before) != ())
    if same:
        return under
    shared = set() if after is before else common(before, after)
    return {name: value for name, value in under.items() if name in shared}


def common(first: type[BaseModel] | None, second: type[BaseModel] | None) -> set[str]:
    """Return the fields that two members have from a parent of both."""
    if first is None or second is None:
        return set()
    parents = [base for base in first.__mro__ if base in second.__mro__ and issubclass(base, BaseModel)]
    return {name for base in parents for name in base.model_fields}
