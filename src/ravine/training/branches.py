"""Works that need nothing of one another, side by side on a GPU."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

T = TypeVar("T")


def beside(works: Sequence[Callable[[], T]]) -> list[T]:
    """Do works in turn, and return what they return; a step that is being recorded has a branch for each.

    Many of their kernels leave most of a GPU idle. Randomness of two works must come from different generators.
    """
    if len(works) == 1 or not (torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing()):  # type: ignore[no-untyped-call]
        return [work() for work in works]
    main, done, ends = torch.cuda.current_stream(), list[T](), list[torch.cuda.Event]()
    begun = main.record_event()
    for work in works:
        branch = torch.cuda.Stream()
        branch.wait_event(begun)
        with torch.cuda.stream(branch):
            done.append(work())
        ends.append(branch.record_event())
    for end in ends:
        main.wait_event(end)
    return done
