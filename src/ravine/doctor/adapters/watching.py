"""Methods of other people's objects looked over the shoulder of."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from ravine.doctor.randomness import random_state, restore


@contextmanager
def watched(owner: Any, name: str, look: Callable[..., Any]) -> Iterator[None]:
    """Call `look(method, ...)` in place of an object's method for a while."""
    held = vars(owner).get(name)
    setattr(owner, name, partial(look, getattr(owner, name)))
    try:
        yield
    finally:
        if held is None:
            delattr(owner, name)
        else:
            setattr(owner, name, held)


def repeatable(call: Callable[[], Any]) -> Callable[[], Any]:
    """Return a call that draws from the global generators what it would draw now."""
    state = random_state()

    def again() -> Any:
        outer = random_state()
        restore(state)
        try:
            return call()
        finally:
            restore(outer)

    return again
