"""The global generators of PyTorch, NumPy and Python: held, put back, and set."""

import random
from typing import Any

import numpy as np
import torch

State = dict[str, Any]


def random_state() -> State:
    """Return the state of the global generators."""
    legacy = np.random.get_state()  # noqa: NPY002 - the global state is what must not move
    held: State = {"torch": torch.get_rng_state(), "numpy": legacy, "python": random.getstate()}
    return held | ({"cuda": torch.cuda.get_rng_state_all()} if torch.cuda.is_available() else {})


def restore(state: State) -> None:
    """Put the global generators back: whoever moved them, the doctor leaves no trace."""
    torch.random.set_rng_state(state["torch"])
    np.random.set_state(state["numpy"])  # noqa: NPY002
    random.setstate(state["python"])
    if "cuda" in state:
        torch.cuda.set_rng_state_all(state["cuda"])


def seeded(seed: int) -> None:
    """Set the global generators."""
    torch.default_generator.manual_seed(seed)
    # Else PyTorch would remember the call, with where it came from.
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed_all(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    random.seed(seed)


def moved(before: State, after: State) -> bool:
    """Return whether PyTorch's or NumPy's state is another; run-time type checkers draw from Python's own."""
    one, other = (state["numpy"][1:3] for state in (before, after))
    return not torch.equal(before["torch"], after["torch"]) or one[1] != other[1] or bool((one[0] != other[0]).any())
