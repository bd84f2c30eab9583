"""Progress on standard error: a bar on a terminal, plain lines elsewhere, nothing when quiet."""

import sys
import time
from types import TracebackType
from typing import Self

from ravine.experiments.page import duration

BAR_AFTER = 2.0
LINE_EVERY = 10.0


class ProgressLine:
    """The progress of one piece of work of known length; shows itself once the work has taken 2 seconds."""

    def __init__(self, title: str, total: int, unit: str, quiet: bool = False, done: int = 0) -> None:
        self.title, self.total, self.unit = title, total, unit
        self.start = self.shown = time.monotonic()
        self.first = self.done = self.begun = done
        self.note = ""
        self.quiet = quiet
        self.bar = Bar(title, total, unit) if sys.stderr.isatty() and not quiet else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()

    def advance(self, count: int = 1) -> None:
        """Take note of `count` units done."""
        self.at(self.done + count, self.note)

    def begin(self, note: str) -> None:
        """Take note of what one more unit is, which has begun: all before it are done."""
        self.at(self.begun, note)
        self.begun += 1

    def at(self, done: int, note: str = "") -> None:
        """Take note of all units done so far, and of what to say beside the bar."""
        self.done, self.note = done, note
        now = time.monotonic()
        if self.quiet or now - self.start < BAR_AFTER:
            return
        if self.bar is not None:
            self.bar.show(done, note, self.rate(now))
        elif now - self.shown >= LINE_EVERY:
            self.shown = now
            print(self.line(now), file=sys.stderr, flush=True)

    def rate(self, now: float) -> float:
        """Return units per second since the start."""
        return (self.done - self.first) / max(now - self.start, 1e-9)

    def line(self, now: float) -> str:
        """Return the progress as one plain line."""
        rate = self.rate(now)
        left = f"{duration((self.total - self.done) / rate)} left" if rate > 0 else ""
        parts = [f"{self.title}: {self.done}/{self.total} {self.unit}", self.note, f"{rate:.3g} {self.unit}/s", left]
        return ", ".join(part for part in parts if part)


class Bar:
    """A rich progress bar on standard error."""

    def __init__(self, title: str, total: int, unit: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[unit]}"),
            TextColumn("{task.fields[note]}"),
            TextColumn("{task.fields[rate]:.3g}/s"),
            TimeRemainingColumn(),
            console=Console(stderr=True, force_jupyter=False),
            transient=True,
        )
        self.task = self.progress.add_task(title, total=total, unit=unit, note="", rate=0.0)
        self.started = False

    def show(self, done: int, note: str, rate: float) -> None:
        """Draw the bar at `done`."""
        if not self.started:
            self.progress.start()
            self.started = True
        self.progress.update(self.task, completed=done, note=note, rate=rate)

    def close(self) -> None:
        """Take the bar off the terminal."""
        self.progress.stop()
