"""How a fault is planted: a method or function replaced for a while, then put back; and the table of faults."""

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
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

Method = Callable[..., Any]
Replacement = tuple[Any, str, Method]
"""Owner, the name of its method or function, and what is called instead, with the original before its arguments."""
Seam = Callable[[Method], list[Replacement]]
"""Where a fault is planted: returns the replacements that let a function work there."""


@contextmanager
def replaced(owner: Any, name: str, call: Callable[..., Any]) -> Iterator[None]:
    """Replace a method or function of a class or module by `call`, which is handed the original first."""
    held = owner.__dict__[name]

    @functools.wraps(held)
    def faulty(*args: Any, **named: Any) -> Any:
        return call(held, *args, **named)

    setattr(owner, name, faulty)
    try:
        yield
    finally:
        setattr(owner, name, held)


def listed(replacements: Method) -> list[Replacement]:
    """Return the replacements that a function lists itself; none of a fault of the configuration alone."""
    return replacements() or []


def fault(
    check: str,
    *seams: Seam,
    overrides: tuple[str, ...] = (),
    trained: bool = False,
    logged: bool = False,
) -> Callable[[Method], Callable[[], AbstractContextManager[None]]]:
    """Make a fault of a function that works at seams, or lists what it replaces: a context manager of its name.

    It is entered in the table, with the function's first sentence.
    """

    def make(call: Method) -> Callable[[], AbstractContextManager[None]]:
        @contextmanager
        def plant() -> Iterator[None]:
            with ExitStack() as stack:
                for replacement in chain.from_iterable(seam(call) for seam in seams or (listed,)):
                    stack.enter_context(replaced(*replacement))
                yield

        says, name = (call.__doc__ or "").strip(), call.__name__.replace("_", "-")
        FAULTS[name] = Fault(name, check, says, plant, overrides, trained, logged)
        plant.__doc__, plant.__name__ = says, call.__name__
        return plant

    return make


def method(owner: Any, name: str) -> Seam:
    """Return the seam at one method of a class, or function of a module."""
    return lambda call: [(owner, name, call)]


def everywhere(base: type, name: str) -> Seam:
    """Return the seam at a method wherever a class below `base`, or itself, defines it."""

    def seam(call: Method) -> list[Replacement]:
        kinds: list[type[Any]] = [base]
        for kind in kinds:  # which grows under way
            kinds.extend(set[type](kind.__subclasses__()).difference(kinds))
        return [(kind, name, call) for kind in kinds if name in vars(kind)]

    return seam


def planted(name: str) -> AbstractContextManager[None]:
    """Return the context manager of the fault called `name`; a `KeyError` if there is none."""
    return FAULTS[name].plant()
