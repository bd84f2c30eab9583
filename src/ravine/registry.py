"""Choices by name: those that ship, one per file of a folder, those of installed packages, and a user's own factory."""

import importlib
import inspect
import os
import pkgutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, reduce
from importlib.metadata import EntryPoint, entry_points
from operator import or_
from typing import Annotated, Any, Generic, TypeVar, get_args

from pydantic import Discriminator, Tag, ValidationError, model_validator

from ravine.errors import ConfigurationError
from ravine.identity import file_of
from ravine.section import Section

S = TypeVar("S")
T = TypeVar("T")
OWN = "custom"
"""The name under which a choice of the user's own is configured, by its `factory`."""


class External(Section):
    """A choice that does not ship: `custom`, by its `factory`, or the entry point of an installed package, by its name.

    `factory` = "module:callable" is called with `options`; modules in the working directory are found too. Beside an
    entry point's name its options stand as fields.
    """

    factory: str | None = None
    """"module:callable"."""
    options: dict[str, Any] = {}
    """What the factory is called with."""

    @model_validator(mode="before")
    @classmethod
    def _fields_are_options(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or OWN in (values.get("name"), values.get("kind")):
            return values
        own = {key: value for key, value in values.items() if key not in cls.model_fields}
        kept = {key: value for key, value in values.items() if key in cls.model_fields}
        return {**kept, "options": {**values.get("options", {}), **own}}  # a field is the later word: task.n=5

    @model_validator(mode="after")
    def _own_ones_name_a_factory(self) -> "External":
        if OWN in (getattr(self, "name", None), getattr(self, "kind", None)) and self.factory is None:
            raise ValueError('write factory = "module:callable"')
        return self


class NamedExternal(External):
    """A task or energy of your own: `custom` and its `factory`, or an entry point's name with its options as fields."""

    name: str


class KindExternal(External):
    """A choice of your own: `custom` and its `factory`, or an entry point's name with its options as fields."""

    kind: str


EXTERNAL: Mapping[str, type[External]] = {"name": NamedExternal, "kind": KindExternal}


@dataclass(frozen=True)
class Registry(Generic[T]):
    """Choices of one kind: subclasses of `base` in the modules of `package`, each with its name in the field `tag`.

    `group`: of the entry points by which installed packages add theirs.
    """

    package: str
    base: type[T]
    tag: str
    group: str

    @cached_property
    def shipped(self) -> dict[str, type[T]]:
        """The choices that ship, by name."""
        package = importlib.import_module(self.package)
        result = {}
        for module in pkgutil.walk_packages(package.__path__, f"{self.package}."):
            for made in vars(importlib.import_module(module.name)).values():
                if inspect.isclass(made) and issubclass(made, self.base) and made.__module__ == module.name:
                    for name in self.names_of(made):
                        result[name] = made
        return dict(sorted(result.items()))

    def names_of(self, made: Any) -> tuple[str, ...]:
        """Return the names that a choice goes by: the literals of its tag; none for an abstract class."""
        field = made.model_fields.get(self.tag)
        return () if field is None else tuple(name for name in get_args(field.annotation) if isinstance(name, str))

    def installed(self) -> dict[str, EntryPoint]:
        """Return the entry points of installed packages, by name; nothing is loaded."""
        return {point.name: point for point in points_of(self.group) if point.name not in self.shipped}

    def field(self) -> Any:
        """Return the type of a configuration field that holds one of the choices."""

        def tag_of(value: Any) -> str | None:
            name = value.get(self.tag) if isinstance(value, Mapping) else getattr(value, self.tag, None)
            name = name if name is None else str(name)  # a list is no name, and a fault of the user's
            return name if name == OWN or name in self.shipped or name not in self.installed() else OWN

        tag_of.__name__ = self.tag  # by which a fault is told
        members: list[Any] = [Annotated[made, Tag(name)] for name, made in self.shipped.items()]
        external: Any = EXTERNAL[self.tag]
        union: Any = reduce(or_, (*members, Annotated[external, Tag(OWN)]))
        return Annotated[union, Discriminator(tag_of)]

    def path_of(self, chosen: External) -> str:
        """Return the "module:callable", or the entry point's name, that an external choice stands for."""
        return chosen.factory or str(getattr(chosen, self.tag))

    def module_of(self, chosen: External, where: str) -> str:
        """Return the module that an external choice's factory lives in."""
        return entry_point(self.path_of(chosen), f"{where}.factory", self.group).module

    def made(self, chosen: External, where: str, kind: type[S], *arguments: object) -> S:
        """Return what a user's own factory, or an entry point, makes of `arguments` and its options: a `kind`.

        A `ConfigurationError` names the field `where` that holds the choice.
        """
        name = self.path_of(chosen)
        factory = imported(name, f"{where}.factory", self.group)
        try:
            inspect.signature(factory).bind(*arguments, **chosen.options)
            made = factory(*arguments, **chosen.options)
        except (TypeError, ValidationError) as error:
            raise ConfigurationError(f"{where}.options: {name} does not take them: {one_line(error)}") from None
        if not isinstance(made, kind):
            raise ConfigurationError(f"{where}.factory: {name} returned no {kind.__name__} but {made!r}")
        return made


def points_of(group: str) -> Iterable[EntryPoint]:
    """Return the entry points of a group."""
    return read(entry_points, group, tuple(sys.path))


@cache
def read(source: Callable[..., Iterable[EntryPoint]], group: str, path: tuple[str, ...]) -> Iterable[EntryPoint]:
    """Return a source's entry points; kept while the path is the same, as every package's files are read for them."""
    return source(group=group)


def with_default_tags(values: Any, tag: str, defaults: Mapping[str, str]) -> Any:
    """Return a table whose choices that leave their `tag` out have the default of their key; anything else as it is."""
    if not isinstance(values, Mapping):
        return values
    return {
        key: {tag: defaults[key], **value} if key in defaults and isinstance(value, Mapping) else value
        for key, value in values.items()
    }


def one_line(error: TypeError | ValidationError) -> str:
    """Return what is wrong with a factory's options, in one line."""
    if isinstance(error, TypeError):
        return str(error)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].lower()}" for fault in error.errors())


def imported(path: str, field: str, group: str) -> Callable[..., Any]:
    """Return the callable that "module:name", or an entry point of `group`, names.

    Modules in the working directory are found too, modules without a file refused: runs in other processes, and later
    ones, could not import them. A `ConfigurationError` names the `field` that holds the path.
    """
    point = entry_point(path, field, group)
    if (here := os.getcwd()) not in sys.path:
        sys.path.append(here)
    try:
        if point.module == "__main__" or (point.module in sys.modules and not file_of(point.module)):
            raise ConfigurationError(
                f"{field}: {path!r} is defined in a script or notebook, where other processes cannot import it; "
                f"put it in a module, my_module.py in this folder, and write my_module:{point.attr}"
            )
        made: Callable[..., Any] = point.load()
    except (ImportError, AttributeError, ValueError) as error:
        if ":" not in path:
            raise ConfigurationError(f"{field}: entry point {path!r} cannot be loaded ({error}); mend it") from None
        raise ConfigurationError(f"{field}: {path!r} cannot be imported ({error}); write module:callable") from None
    if not callable(made):
        raise ConfigurationError(f"{field}: {path!r} is not callable")
    return made


def entry_point(path: str, field: str, group: str) -> EntryPoint:
    """Return what "module:name", or the name of an entry point of `group`, stands for."""
    if ":" not in path:
        known = [point for point in points_of(group) if point.name == path]
        if not known:
            raise ConfigurationError(f"{field}: no entry point {path!r} in group {group!r}; or write module:callable")
        return known[0]
    module, _, name = path.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
        raise ConfigurationError(f"{field}: {path!r} names nothing to import; write module:callable")
    return EntryPoint(path, path, group)
