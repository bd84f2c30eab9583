"""All that is wrong with a configuration at once, each fault with its field's path and the nearest valid name."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ravine.config.annotations import below, member, models
from ravine.errors import ConfigurationError

S = TypeVar("S", bound=BaseModel)
KEY = "[key]"
"""What pydantic adds to the location of a fault in a table's key."""
KINDS = {
    "model_type": "expected a table of fields",
    "dict_type": "expected a table",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "too_short": "expected at least one entry",
}
"""What pydantic says in words of Python, by the type of the fault."""


def checked(schema: type[S], raw: Mapping[str, Any], prefix: str = "") -> S:
    """Return `raw` as a `schema`; a `ConfigurationError` lists every fault, each path after `prefix`."""
    if faults := faults_of(schema, raw):
        raise ConfigurationError(listed([prefix + fault for fault in faults]))
    return schema.model_validate(raw)


def faults_of(schema: type[BaseModel], raw: Any) -> list[str]:
    """Return everything that keeps `raw` from being a `schema`, in words."""
    try:
        schema.model_validate(raw)
    except ValidationError as error:
        return [sentence(schema, fault) for fault in error.errors()]
    return []


def sentence(schema: type[BaseModel], fault: Any) -> str:
    """Return one fault in words: the field's path, what is wrong, what would be right."""
    where = find(schema, fault["loc"])
    if fault["type"] == "extra_forbidden" and where.deeper:
        return f"{where.path}: no such field; did you mean {' or '.join(where.deeper)}?"
    if fault["type"] == "extra_forbidden":
        return f"{where.path}: {unknown('field', str(fault['loc'][-1]), where.siblings)}"
    if fault["type"] == "union_tag_invalid":
        tag, known = (
            fault["ctx"][key].replace("'", "").removesuffix("()") for key in ("discriminator", "expected_tags")
        )
        return f"{where.path}.{tag}: {unknown(tag, str(fault['ctx']['tag']), known.split(', '))}"
    if fault["type"] == "union_tag_not_found":
        tag = fault["ctx"]["discriminator"].removesuffix("()").strip("'")
        return f"{where.path}: expected a table with a {tag}, not {fault['input']!r}"
    message = KINDS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    message = message[0].lower() + message[1:]
    told = fault["type"] == "value_error" or isinstance(fault["input"], Mapping)
    shown = "" if told else f", not {fault['input']!r}"
    return f"{where.path}: {message}{shown}" if where.path else f"{message}{shown}"


def unknown(what: str, name: str, known: Sequence[str]) -> str:
    """Return the sentence for a name that does not exist: the nearest one, or all there are."""
    return f"no such {what}; {nearest(name, known)}"


def nearest(name: str, known: Sequence[str]) -> str:
    """Return the question after the name nearest to one that does not exist, or all there are."""
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"


def listed(faults: Sequence[str]) -> str:
    """Return faults as one line, or as a list where there are several."""
    if len(faults) == 1:
        return faults[0]
    return "\n".join([f"{len(faults)} faults in the configuration:", *(f"  {fault}" for fault in faults)])


@dataclass(frozen=True)
class Place:
    """A field's dotted path as the user writes it, the names that are valid beside it, and paths that end in its name.

    These, `deeper`, lead through one of the siblings, as training.steps does where steps was written.
    """

    path: str
    siblings: tuple[str, ...]
    deeper: tuple[str, ...] = ()


def find(schema: type[BaseModel], location: Sequence[int | str]) -> Place:
    """Return the place of a pydantic location, which also names the member tried of every union on the way."""
    here: Any = schema
    path: list[str] = []
    siblings: tuple[str, ...] = ()
    deeper: tuple[str, ...] = ()
    for key in location:
        if key == KEY:
            continue
        if (chosen := member(here, key)) is not None:
            here = chosen
            continue
        path.append(str(key))
        siblings = tuple(name for model in models(here) for name in model.model_fields)
        inner = {name: models(below(here, name)) for name in siblings}
        within = [name for name, known in inner.items() if any(key in model.model_fields for model in known)]
        deeper = tuple(".".join([*path[:-1], name, str(key)]) for name in within)
        here = below(here, key)
    return Place(".".join(path), siblings, deeper)
