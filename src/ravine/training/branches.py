"""Works that need nothing of one another, side by side on a GPU."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

import torch

T = TypeVar("T")


def beside(works: Sequence[Callable[[], T]]) -> list[T]:
    """Do works in turn, and return what they return; on a GPU each has a stream, or a branch of what is recorded.

    Their kernels, if small, leave most of a GPU idle. No two of them may draw from one generator.
    """
    if len(works) == 1 or not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return [work() for work in works]
    main, done, ends = torch.cuda.current_stream(), list[T](), list[torch.cuda.Event]()
    begun = main.record_event()
    for number, work in enumerate(works):
        branch = stream(number)
        branch.wait_event(begun)
        with torch.cuda.stream(branch):
            done.append(work())
        ends.append(branch.record_event())
    for end in ends:
        main.wait_event(end)
    return done


@cache
def stream(number: int) -> torch.cuda.Stream:
    """Return the stream of the work of a number: always the same, as each keeps the memory that it had."""
    return torch.cuda.Stream()  # type: ignore[no-untyped-call]
