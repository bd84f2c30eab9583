"""How a fault is planted: a method or function replaced for a while, then put back; and the table of faults."""

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

Needs = Literal["given", "decoded", "finite"] | None


@dataclass(frozen=True)
class Fault:
    """A known fault: what it does, the check meant for it, and what the pipeline needs so that it can occur.

    `plant()` is a context manager in which ravine has the fault; `overrides`: fields of the run that is examined;
    `trained`: whether it shows only after training; `logged`: whether it shows in a run's log; `needs`: the kind of
    task in which it can occur: one that gives entries of its answers, whose answers are decoded, or whose training
    problems are finitely many.
    """

    name: str
    check: str
    says: str
    plant: Callable[[], AbstractContextManager[None]]
    overrides: tuple[str, ...] = ()
    trained: bool = False
    logged: bool = False
    needs: Needs = None


FAULTS: dict[str, Fault] = {}
"""Every fault by its name."""

Method = Callable[..., Any]
Replacement = tuple[Any, str, Method]
"""Owner, the name of its method or function, and what is called instead, with the original before its arguments."""


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


def fault(
    check: str,
    *,
    overrides: tuple[str, ...] = (),
    trained: bool = False,
    logged: bool = False,
    needs: Needs = None,
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
        FAULTS[name] = Fault(name, check, says, plant, overrides, trained, logged, needs)
        plant.__doc__, plant.__name__ = says, replacements.__name__
        return plant

    return make


def everywhere(base: type, name: str, call: Method) -> list[Replacement]:
    """Return the replacement of a method wherever a class below `base`, or itself, defines it."""
    kinds: list[type[Any]] = [base]
    for kind in kinds:  # which grows under way
        kinds.extend(set[type](kind.__subclasses__()).difference(kinds))
    return [(kind, name, call) for kind in kinds if name in vars(kind)]


def planted(name: str) -> AbstractContextManager[None]:
    """Return the context manager of the fault called `name`; a `KeyError` if there is none."""
    return FAULTS[name].plant()


def by_check() -> Mapping[str, list[str]]:
    """Return the faults that each check is meant for."""
    found: dict[str, list[str]] = {}
    for entry in FAULTS.values():
        found.setdefault(entry.check, []).append(entry.name)
    return found


__all__ = ["FAULTS", "Fault", "by_check", "everywhere", "fault", "planted", "replaced"]
