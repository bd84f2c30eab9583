"""A guard under which whatever touches the global random state raises."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def own_randomness() -> Iterator[None]:
    """Raise an `AssertionError` if what is done inside touches PyTorch's global random state; it is restored."""
    before = torch.get_rng_state()
    yield
    touched = not torch.equal(before, torch.get_rng_state())
    if touched:
        torch.random.set_rng_state(before)
    assert not touched, "the global random state was touched"
