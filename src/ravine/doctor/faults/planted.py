"""How a fault is planted: a method or function replaced for a while, then put back; and the table of faults."""

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """A known fault: what it does, the check meant for it, and what the pipeline needs so that it can occur.

    `plant()` is a context manager in which ravine has the fault; `overrides`: fields of the run that is examined;
    `trained`: whether it shows only after training; `logged`: whether it shows in a run's log.
    """

    name: str
    check: str
    says: str
    plant: Callable[[], AbstractContextManager[None]]
    overrides: tuple[str, ...] = ()
    trained: bool = False
    logged: bool = False


FAULTS: dict[str, Fault] = {}
"""Every fault by its name."""

Replacement = tuple[Any, str, Callable[[Any], Any]]
"""Owner, attribute, and what makes the faulty attribute of the original one."""


@contextmanager
def replaced(owner: Any, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """Replace an attribute of a class or module by what `make` makes of it, and put it back."""
    held = owner.__dict__[name]
    original = held.__func__ if isinstance(held, staticmethod) else held
    faulty = make(original)
    if callable(original) and callable(faulty) and not isinstance(faulty, type):
        faulty = functools.wraps(original)(faulty)
    setattr(owner, name, faulty)
    try:
        yield
    finally:
        setattr(owner, name, held)


def fault(
    check: str, *, overrides: tuple[str, ...] = (), trained: bool = False, logged: bool = False
) -> Callable[[Callable[[], list[Replacement]]], Callable[[], AbstractContextManager[None]]]:
    """Make a fault of a function that lists replacements: a context manager of the same name, entered in the table."""

    def make(replacements: Callable[[], list[Replacement]]) -> Callable[[], AbstractContextManager[None]]:
        @contextmanager
        def plant() -> Iterator[None]:
            with ExitStack() as stack:
                for replacement in replacements():
                    stack.enter_context(replaced(*replacement))
                yield

        says = (replacements.__doc__ or "").strip()
        name = replacements.__name__.replace("_", "-")
        FAULTS[name] = Fault(name, check, says, plant, overrides, trained, logged)
        plant.__doc__, plant.__name__ = says, replacements.__name__
        return plant

    return make


def planted(name: str) -> AbstractContextManager[None]:
    """Return the context manager of the fault called `name`; a `KeyError` if there is none."""
    return FAULTS[name].plant()


def by_check() -> Mapping[str, list[str]]:
    """Return the faults that each check is meant for."""
    found: dict[str, list[str]] = {}
    for entry in FAULTS.values():
        found.setdefault(entry.check, []).append(entry.name)
    return found


__all__ = ["FAULTS", "Fault", "by_check", "fault", "planted", "replaced"]
