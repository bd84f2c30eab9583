"""A guard under which whatever touches a global random state raises."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def own_randomness() -> Iterator[None]:
    """Raise an `AssertionError` if what is done inside touches PyTorch's global random state or NumPy's.

    Both are restored. Python's own is left out: checks of types at run time draw from it.
    """
    pytorch, numpy = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
    yield
    touched = not torch.equal(pytorch, torch.get_rng_state()) or repr(numpy) != repr(np.random.get_state())  # noqa: NPY002
    if touched:
        torch.random.set_rng_state(pytorch)
        np.random.set_state(numpy)  # noqa: NPY002
    assert not touched, "the global random state was touched"
