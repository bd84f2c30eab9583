"""Signals ask for an orderly stop: Ctrl-C, SIGTERM, and the warnings that batch systems and terminals send."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ravine.studies.queue import QUEUE_PID

INSISTENT = (signal.SIGINT, signal.SIGTERM)
"""A second one of these ends at once."""
WARNINGS = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP)
"""Sent before a time limit or when the terminal goes; what follows such a warning is still a first signal."""


class Interruption:
    """Whether somebody asked for a stop; called, it answers."""

    def __init__(self) -> None:
        self.asked = False
        self.insisted = False
        self.queue = int(os.environ.get(QUEUE_PID, "0"))

    def __call__(self) -> bool:
        """Return whether to stop: asked to, or started by a queue that is gone."""
        return self.asked or bool(self.queue and os.getppid() != self.queue)

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Take a signal: any asks for a stop, a second insistent one interrupts.

        Not in a queue's run: a batch system signals it beside the queue, which asks too and kills what does not end.
        """
        if number in INSISTENT and not self.queue:
            if self.insisted:
                raise KeyboardInterrupt
            self.insisted = True
        self.asked = True


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Yield an `Interruption` that signals set for as long as the block lasts; nohup's ignored SIGHUP stays ignored."""
    interruption = Interruption()
    ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    numbers = [number for number in (*INSISTENT, *WARNINGS) if not (ignored and number == signal.SIGHUP)]
    before = {number: signal.signal(number, interruption.ask) for number in numbers}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
