"""Every field of runs and studies as a page, read off the schema: `python -m ravine.config.reference`."""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ravine.config.annotations import TAGS, alternatives, models, tags_of
from ravine.config.schema import RunConfig
from ravine.config.study import StudyConfig

BOUNDS = {"ge": ">= {}", "gt": "> {}", "le": "<= {}", "lt": "< {}", "multiple_of": "a multiple of {}"}
WORDS = {int: "integer", float: "number", str: "text", bool: "true or false", Any: "any value"}
HEAD = """# Configuration

Every field of a run (`ravine train`) and of a study (`ravine compare`): in a TOML or JSON file as tables, on
the command line as `field=value`, as in `optimizer.learning_rate=1e-3`. A run may begin with `base = "PRESET"`
and change what differs. `NAME` stands for a name of your own, `[]` for a list of tables (`[[mining.stages]]`).
This page is written from the schema by `python -m ravine.config.reference > docs/configuration.md`.
"""


@dataclass(frozen=True)
class Part:
    """A table of fields: where it lies, which member of a union it is (or ""), its model, and the default member."""

    path: str
    tag: str
    model: type[BaseModel]
    default: bool = False


def page() -> str:
    """Return the reference of all fields as Markdown."""
    study = [Part("", "", StudyConfig), *(part for part in parts(StudyConfig) if not part.path.startswith("run"))]
    sections = ["## A run", *map(section, [Part("", "", RunConfig), *parts(RunConfig)]), "## A study"]
    return "\n\n".join([HEAD.strip(), *sections, *map(section, study)]) + "\n"


def parts(model: type[BaseModel], path: str = "") -> Iterator[Part]:
    """Yield the tables below a model, depth first, with every member of every union."""
    for name, field in model.model_fields.items():
        below = f"{path}{name}"
        for step, inner in tables(field.annotation):
            members = models(inner)
            for each in members:
                tag = " or ".join(map(json.dumps, tags_of(each))) if len(members) > 1 else ""
                default = isinstance(field.get_default(call_default_factory=True), each)
                yield Part(below + step, tag, each, default)
                yield from parts(each, f"{below}{step}.")


def tables(annotation: Any) -> Iterator[tuple[str, Any]]:
    """Yield the types of the tables in a value of this type, with what their path adds: a name or a number."""
    if models(annotation):
        yield "", annotation
    for each in alternatives(annotation):
        arguments = [argument for argument in get_args(each) if argument is not Ellipsis]
        if get_origin(each) is not Literal and arguments:
            step = ".NAME" if get_origin(each) is dict else "[]"
            yield from ((step + more, inner) for more, inner in tables(arguments[-1]))


def section(part: Part) -> str:
    """Return a table of fields with its heading."""
    tag = next((tag for tag in TAGS if tag in part.model.model_fields), "")
    chosen = f" with `{tag}` = {part.tag}" if part.tag else ""
    heading = [f"### `{part.path}`{chosen}{' (default)' if part.tag and part.default else ''}", ""] if part.path else []
    about = [*heading, " ".join(inspect.cleandoc(part.model.__doc__ or "").split())]
    meanings = docstrings(part.model)
    rows = [
        f"| `{name}` | {cell(kind(field))} | {cell(default(field))} | {cell(meanings.get(name, ''))} |"
        for name, field in part.model.model_fields.items()
    ]
    return "\n".join([*about, "", "| field | values | default | meaning |", "|---|---|---|---|", *rows])


def kind(field: FieldInfo) -> str:
    """Return the values that a field takes, in words."""
    return ", ".join([words(field.annotation), *limits(field.metadata)])


def limits(metadata: Iterable[Any]) -> list[str]:
    """Return what narrows a type down, in words."""
    entries = [each for entry in metadata for each in (entry.metadata if isinstance(entry, FieldInfo) else [entry])]
    found = [(form, getattr(entry, name, None)) for entry in entries for name, form in BOUNDS.items()]
    return [form.format(value) for form, value in found if value is not None]


def words(annotation: Any) -> str:
    """Return a type in words."""
    arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
    origin = get_origin(annotation)
    if origin is Annotated:
        return ", ".join([words(arguments[0]), *limits(arguments[1:])])
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(words(part) for part in arguments if part is not type(None)))
    if origin is Literal:
        return ", ".join(f"`{json.dumps(value)}`" for value in arguments)
    if origin is dict:
        return f"table of NAME = {words(arguments[1])}"
    if arguments:
        fixed = origin is tuple and Ellipsis not in get_args(annotation)
        return f"list of {f'{len(arguments)}: ' if fixed else ''}{words(arguments[0])}"
    return "table" if models(annotation) else WORDS.get(annotation) or str(getattr(annotation, "__name__", annotation))


def default(field: FieldInfo) -> str:
    """Return a field's default as TOML has it; tables have their own fields' defaults."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return next((f"`{json.dumps(getattr(value, tag))}`" for tag in TAGS if hasattr(value, tag)), "")
    return "" if value is None else f"`{json.dumps(value)}`"


def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return what stands below each field in the source of a model and of those that it builds on."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and each is not BaseModel:
            found |= documented(ast.parse(textwrap.dedent(inspect.getsource(each))).body)
    return found


def documented(body: Sequence[ast.stmt]) -> dict[str, str]:
    """Return the docstrings of the fields of the class that `body` defines."""
    (made,) = (statement for statement in body if isinstance(statement, ast.ClassDef))
    pairs = zip(made.body, made.body[1:], strict=False)
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in pairs
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


def cell(text: str) -> str:
    """Return a text for a cell of a Markdown table."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
