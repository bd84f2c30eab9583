"""Things of the user's own, named in a configuration by import path or entry point."""

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

from ravine.errors import ConfigurationError


def import_factory(path: str, field: str, group: str | None = None) -> Callable[..., object]:
    """Return the callable that "module:name", or an entry point of `group`, names.

    Modules in the working directory are found too. A `ConfigurationError` names the `field` that holds the path.
    """
    if group is not None and ":" not in path:
        found = [point for point in entry_points(group=group) if point.name == path]
        if not found:
            raise ConfigurationError(f"{field}: no entry point {path!r} in group {group!r}; or write module:callable")
        try:
            return called(found[0].load(), field, path)
        except (ImportError, AttributeError) as error:
            raise ConfigurationError(f"{field}: entry point {path!r} cannot be loaded ({error}); mend it") from None
    module, _, name = path.partition(":")
    if (here := os.getcwd()) not in sys.path:
        sys.path.append(here)
    try:
        return called(getattr(importlib.import_module(module), name), field, path)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"{field}: {path!r} cannot be imported ({error}); write module:callable") from None


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
