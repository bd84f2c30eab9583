"""Signals ask for an orderly stop: Ctrl-C, SIGTERM, and the warnings that batch systems and terminals send."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ravine.experiments.executors.base import QUEUE_PID

INSISTENT = (signal.SIGINT, signal.SIGTERM)
"""A second one of these ends at once."""
SAVE_SECONDS = 120.0
SAVE = "RAVINE_SAVE_SECONDS"
"""Environment variable: seconds between the checkpoints that an executor's run writes lest a sudden death cost much."""
WARNINGS = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP)
"""Sent before a time limit or when the terminal goes; what follows such a warning is still a first signal."""


class Interruption:
    """Whether somebody asked for a stop; called, it answers."""

    def __init__(self) -> None:
        self.asked = False
        self.insisted = False
        self.managed = QUEUE_PID in os.environ
        self.queue = int(os.environ.get(QUEUE_PID, "0"))

    def __call__(self) -> bool:
        """Return whether to stop: asked to, or started by a coordinator that is gone."""
        return self.asked or bool(self.queue and os.getppid() != self.queue)

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Take a signal: any asks for a stop, a second insistent one interrupts.

        Not in an executor's run: a batch system signals it beside the executor, which asks too and kills what does not
        end.
        """
        if number in INSISTENT and not self.managed:
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


def saving(interruption: Interruption) -> Callable[[], bool]:
    """Return the function that says when to write a checkpoint for safety: now and then, in an executor's run alone."""
    if not interruption.managed:
        return lambda: False
    every, last = float(os.environ.get(SAVE, SAVE_SECONDS)), time.monotonic()

    def due() -> bool:
        nonlocal last
        if time.monotonic() - last < every:
            return False
        last = time.monotonic()
        return True

    return due
