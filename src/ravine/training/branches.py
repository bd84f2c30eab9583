"""Works that need nothing of one another, as branches of a step that is being recorded."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

import torch

T = TypeVar("T")


def beside(works: Sequence[Callable[[], T]]) -> list[T]:
    """Do works in turn, and return what they return; of what is recorded on a GPU each is a branch.

    Their kernels, if small, leave most of a GPU idle. No two of them may draw from one generator.
    """
    if len(works) == 1 or not (torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing()):  # type: ignore[no-untyped-call]
        return [work() for work in works]
    main, done, ends = torch.cuda.current_stream(), list[T](), list[torch.cuda.Event]()
    begun = main.record_event()
    for number, work in enumerate(works):
        branch = stream(main.device, number)
        branch.wait_event(begun)
        with torch.cuda.stream(branch):
            done.append(work())
        ends.append(branch.record_event())
    for end in ends:
        main.wait_event(end)
    return done


@cache
def stream(device: torch.device, number: int) -> torch.cuda.Stream:
    """Return a device's stream for the work of a number: always the same, as each keeps memory of its own."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
