"""Ctrl-C and SIGTERM ask for an orderly stop; a second one ends at once."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ravine.studies.queue import QUEUE_PID


class Interruption:
    """Whether somebody asked for a stop; called, it answers."""

    def __init__(self) -> None:
        self.asked = False
        self.queue = int(os.environ.get(QUEUE_PID, "0"))

    def __call__(self) -> bool:
        """Return whether to stop: asked to, or started by a queue that is gone."""
        return self.asked or bool(self.queue and os.getppid() != self.queue)

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Take a signal: the first asks for a stop, the second interrupts."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Yield an `Interruption` that SIGINT and SIGTERM set for as long as the block lasts."""
    interruption = Interruption()
    before = {number: signal.signal(number, interruption.ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
