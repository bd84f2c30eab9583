"""`STUDY.md`: a study's queue and log for people, rewritten as things happen."""

import time
from dataclasses import dataclass
from pathlib import Path

from ravine.experiments.log import StudyLog, sentence
from ravine.experiments.standing import RunStanding, StudyStanding, standing
from ravine.training.files import write_atomically
from ravine.training.rollback import often

FILE = "STUDY.md"
LEAST_SECONDS = 2.0
MOST_SECONDS = 30.0
REST = 20.0
"""How much longer to wait than the last page took."""
LAST_EVENTS = 50


@dataclass
class Page:
    """Writes the page now and then: soon after something has changed, and at times while nothing does."""

    study: Path
    changed: bool = False
    written: float = 0.0
    took: float = 0.0

    def write(self, now: bool = False) -> None:
        """Write the page if it is time, or at once; of a large study more seldom, as every run's status is read."""
        began = time.monotonic()
        least = max(LEAST_SECONDS, REST * self.took)
        if now or began - self.written > (least if self.changed else max(least, MOST_SECONDS)):
            write_atomically(self.study / FILE, page(standing(self.study), StudyLog(self.study)).encode())
            self.written, self.changed = time.monotonic(), False
            self.took = self.written - began


def page(found: StudyStanding, log: StudyLog) -> str:
    """Return the page."""
    owner = "nobody runs it now" if found.owner is None else f"run by {found.owner.told()}"
    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items() if count)
    lines = [
        f"# {found.study.resolve().name}",
        "",
        f"{counts}; {owner}. Written {found.read_at}.",
        "",
        f"    {found.command}",
        "",
        "| run | state | steps | left | where | |",
        "|---|---|---|---|---|---|",
        *("| " + " | ".join(cells(run)) + " |" for run in found.runs),
        "",
        "## Log",
        "",
        *(f"    {sentence(event)}" for event in log.events()[-LAST_EVENTS:]),
        "",
    ]
    return "\n".join(lines)


def cells(run: RunStanding) -> list[str]:
    """Return a run as a row: name, state, steps, time left, where, and a remark."""
    where = run.where if run.state in {"running", "lost"} else ""
    left = duration(run.left) if run.left is not None and run.state == "running" else ""
    saved = f"from step {run.saved}" if run.saved is not None else ""
    back = f"went back {often(run.rollbacks)}" if run.rollbacks else ""
    remark = run.error or ", ".join(filter(None, (saved, back)))
    return [run.run, run.state, f"{run.step}/{run.steps}", left, where, remark.replace("|", "/")]


def duration(seconds: float) -> str:
    """Return seconds as h:mm:ss or m:ss."""
    hours, minutes = divmod(int(seconds) // 60, 60)
    rest = int(seconds) % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
