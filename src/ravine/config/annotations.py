"""What the schema's annotations say: the models that a value may be, and what lies below it."""

import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

TAGS = ("name", "kind")
"""Fields that tell the members of a union apart."""


def alternatives(annotation: Any) -> list[Any]:
    """Return the types that a value of this type may have, unions resolved and None left out."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return alternatives(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [each for part in get_args(annotation) for each in alternatives(part)]
    return [] if annotation is type(None) else [annotation]


def models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that a value of this type may be."""
    return [each for each in alternatives(annotation) if isinstance(each, type) and issubclass(each, BaseModel)]


def tags_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the values of the tag by which a union knows this model; none for a model without a tag."""
    for tag in TAGS:
        field = model.model_fields.get(tag)
        if field is not None and get_origin(field.annotation) is Literal:
            return tuple(map(str, get_args(field.annotation)))
    return ()


def member(annotation: Any, tag: object) -> type[BaseModel] | None:
    """Return the member of a discriminated union that carries `tag`, else the one that takes any, if it is a union."""
    members = models(annotation)
    if len(members) < 2:
        return None
    open_to_any = next((model for model in members if not tags_of(model)), None)
    return next((model for model in members if tag in tags_of(model)), open_to_any)


def field_of(annotation: Any, key: int | str) -> Any:
    """Return the field called `key` of a model that a value of this type may be, if there is one."""
    fields: list[Mapping[str, Any]] = [model.model_fields for model in models(annotation)]
    return next((known[str(key)] for known in fields if key in known), None)


def below(annotation: Any, key: int | str) -> Any:
    """Return the type of what lies at `key` in a value of this type."""
    if (field := field_of(annotation, key)) is not None:
        return field.annotation
    for each in alternatives(annotation):
        arguments = [argument for argument in get_args(each) if argument is not Ellipsis]
        if arguments:
            return arguments[min(key, len(arguments) - 1)] if isinstance(key, int) else arguments[-1]
    return Any
