"""All that is wrong with a configuration at once, each fault with its field's path and the nearest valid name."""

import difflib
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ravine.errors import ConfigurationError

S = TypeVar("S", bound=BaseModel)


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
    if fault["type"] == "extra_forbidden":
        return f"{where.path}: {unknown('field', str(fault['loc'][-1]), where.siblings)}"
    if fault["type"] == "union_tag_invalid":
        tag, known = (fault["ctx"][key].replace("'", "") for key in ("discriminator", "expected_tags"))
        return f"{where.path}.{tag}: {unknown(tag, str(fault['ctx']['tag']), known.split(', '))}"
    message = fault["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    told = fault["type"] == "value_error" or isinstance(fault["input"], Mapping)
    shown = "" if told else f", not {fault['input']!r}"
    return f"{where.path}: {message}{shown}" if where.path else f"{message}{shown}"


def unknown(what: str, name: str, known: Sequence[str]) -> str:
    """Return the sentence for a name that does not exist: the nearest one, or all there are."""
    near = difflib.get_close_matches(name, known, 1, 0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    return f"no such {what}; {hint}"


def listed(faults: Sequence[str]) -> str:
    """Return faults as one line, or as a list where there are several."""
    if len(faults) == 1:
        return faults[0]
    return "\n".join([f"{len(faults)} faults in the configuration:", *(f"  {fault}" for fault in faults)])


@dataclass(frozen=True)
class Place:
    """A field's dotted path as the user writes it, and the names that are valid beside it."""

    path: str
    siblings: tuple[str, ...]


def find(schema: type[BaseModel], location: Sequence[int | str]) -> Place:
    """Return the place of a pydantic location, which also names the member tried of every union on the way."""
    here: Any = schema
    path: list[str] = []
    siblings: tuple[str, ...] = ()
    for key in location:
        member = tagged(here, key)
        if member is not None:
            here = member
            continue
        path.append(str(key))
        siblings = tuple(name for model in models(here) for name in model.model_fields)
        here = below(here, key)
    return Place(".".join(path), siblings)


def tagged(annotation: Any, tag: int | str) -> type[BaseModel] | None:
    """Return the member of a discriminated union that carries `tag`, if this is one."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return None
    for model in models(annotation):
        field = model.model_fields.get("name") or model.model_fields.get("kind")
        if field is not None and get_origin(field.annotation) is Literal and tag in get_args(field.annotation):
            return model
    return None


def models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that a value of this type may be."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Union, types.UnionType):
        return [model for part in get_args(annotation) for model in models(part)]
    return []


def below(annotation: Any, key: int | str) -> Any:
    """Return the type of what lies at `key` in a value of this type."""
    for model in models(annotation):
        if key in model.model_fields:
            return model.model_fields[str(key)].annotation
    arguments = get_args(annotation)
    return arguments[-1] if arguments else Any
