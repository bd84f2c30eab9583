"""Methods of other people's objects looked over the shoulder of."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

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


@contextmanager
def outputs(module: nn.Module, seen: list[Tensor]) -> Iterator[None]:
    """Append what a module returns for a while."""
    handle = module.register_forward_hook(lambda *given: seen.append(given[2]))
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def given_to(optimizer: torch.optim.Optimizer, parameters: Sequence[Tensor], seen: list[Tensor]) -> Iterator[None]:
    """Append the flat gradient that an optimiser is given at every step for a while."""

    def look(*_: Any) -> None:
        parts = [torch.zeros_like(p) if p.grad is None else p.grad.detach().clone() for p in parameters]
        seen.append(torch.cat([part.flatten() for part in parts]))

    handle = optimizer.register_step_pre_hook(look)
    try:
        yield
    finally:
        handle.remove()


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
