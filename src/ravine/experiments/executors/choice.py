"""Which executor the command line asks for, and whether the options beside it are its own."""

from collections.abc import Mapping
from typing import Any

from ravine.config.faults import faults_of, unknown
from ravine.errors import ConfigurationError
from ravine.experiments.executors.base import ExecutorConfig
from ravine.registry import Registry

EXECUTORS = Registry("ravine.experiments.executors", ExecutorConfig, "name", "ravine.executors")


def option(field: str) -> str:
    """Return the command line's option for an executor's field."""
    return "--" + field.replace("_", "-")


def chosen(name: str, options: Mapping[str, Any]) -> ExecutorConfig:
    """Return an executor's configuration; a `ConfigurationError` names an option that is not its own, or is wrong."""
    known = EXECUTORS.shipped
    if name not in known:
        raise ConfigurationError(f"--on {name!r}: {unknown('executor', name, list(known))}")
    given = {field: value for field, value in options.items() if value is not None}
    for field in given:
        if field not in known[name].model_fields:
            owners = [other for other, config in known.items() if field in config.model_fields]
            raise ConfigurationError(f"{option(field)}: {name} has no such option; it goes with --on {owners[0]}")
    if faults := faults_of(known[name], {"name": name, **given}):
        raise ConfigurationError("; ".join(map(as_option, faults)))
    return known[name].model_validate({"name": name, **given})


def as_option(fault: str) -> str:
    """Return a fault of a field as one of the option that sets it."""
    field, colon, rest = fault.partition(":")
    return f"{option(field)}{colon}{rest}"
