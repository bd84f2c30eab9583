"""Things of the user's own, named in a configuration by import path or entry point."""

import inspect
import os
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from ravine.errors import ConfigurationError
from ravine.identity import file_of


def import_factory(path: str, field: str, group: str | None = None) -> Callable[..., object]:
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
                f"{field}: {path!r} lives in a script or notebook alone, where other processes cannot import it; "
                f"put it in a module, my_module.py in this folder, and write my_module:{point.attr}"
            )
        return called(point.load(), field, path)
    except (ImportError, AttributeError, ValueError) as error:
        if ":" not in path:
            raise ConfigurationError(f"{field}: entry point {path!r} cannot be loaded ({error}); mend it") from None
        raise ConfigurationError(f"{field}: {path!r} cannot be imported ({error}); write module:callable") from None


def module_of(path: str, field: str, group: str | None = None) -> str:
    """Return the module that "module:name", or an entry point of `group`, names."""
    return entry_point(path, field, group).module


def entry_point(path: str, field: str, group: str | None) -> EntryPoint:
    """Return what a path names; a `ConfigurationError` if nothing."""
    if group is not None and ":" not in path:
        known = [point for point in entry_points(group=group) if point.name == path]
        if not known:
            raise ConfigurationError(f"{field}: no entry point {path!r} in group {group!r}; or write module:callable")
        return known[0]
    module, _, name = path.partition(":")
    if not (module and name):
        raise ConfigurationError(f"{field}: {path!r} names nothing to import; write module:callable")
    return EntryPoint(path, path, group or "")


def call_factory(path: str, options: Mapping[str, Any], where: str, group: str | None = None) -> object:
    """Return what the factory at `path` makes of `options`; a `ConfigurationError` names options it does not take."""
    factory = import_factory(path, f"{where}.factory", group)
    try:
        inspect.signature(factory).bind(**options)
    except TypeError as error:
        raise ConfigurationError(f"{where}.options: {path} does not take them: {error}") from None
    return factory(**options)


def called(found: object, field: str, path: str) -> Callable[..., object]:
    """Return `found` if it can be called."""
    if not callable(found):
        raise ConfigurationError(f"{field}: {path!r} is not callable")
    return found
