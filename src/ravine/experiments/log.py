"""A study's log: what its coordinators did, one line of JSON for each event; who runs what is read from it."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ravine.training.files import writing

FILE = "log.jsonl"
Event = Mapping[str, Any]
What = Literal["started", "ended", "back", "study"]
"""started: a run was handed to an executor. ended: it is in nobody's hands. back: it waits again. study: all else."""


@dataclass(frozen=True)
class Hand:
    """Who has a run in hand: its executor, where in words, since when, and the executor's own name for the job.

    `deaths`: how often in a row it died at the same checkpoint, that of step `at`.
    """

    executor: str = ""
    where: str = ""
    since: str = ""
    job: str = ""
    held: bool = False
    deaths: int = 0
    at: int = -1


class StudyLog:
    """The log in a study's directory; only the study's owner writes it."""

    def __init__(self, study: Path) -> None:
        self.file = study / FILE

    def add(self, what: What, run: str = "", **details: Any) -> None:
        """Add an event about a run, "arm/seed", or about the study."""
        entry = {"time": time.strftime("%Y-%m-%d %H:%M:%S"), "what": what, "run": run, **details}
        with writing(self.file), self.file.open("ab") as file:
            # Whoever was killed in the middle of a line leaves it broken: it is closed, and passed over when read.
            if file.tell() and not self._whole():
                file.write(b"\n")
            file.write((json.dumps(entry) + "\n").encode())

    def _whole(self) -> bool:
        with self.file.open("rb") as file:
            file.seek(-1, 2)
            return file.read(1) == b"\n"

    def events(self) -> list[Event]:
        """Return all events, the first one first."""
        if not self.file.exists():
            return []
        found = []
        for line in self.file.read_bytes().split(b"\n"):
            try:
                found.append(json.loads(line))
            except ValueError:  # a line that a crash cut off
                continue
        return [event for event in found if isinstance(event, dict)]


def hands(events: list[Event]) -> dict[str, Hand]:
    """Return who has, or had last, each run in hand, by "arm/seed"."""
    found: dict[str, Hand] = {}
    for event in events:
        run, before = str(event["run"]), found.get(str(event["run"]), Hand())
        deaths, at = int(event.get("deaths", before.deaths)), int(event.get("at", before.at))
        if event["what"] == "started":
            executor, where, since, job = (str(event.get(key, "")) for key in ("executor", "where", "time", "job"))
            found[run] = Hand(executor, where, since, job, True, deaths, at)
        elif event["what"] in {"ended", "back"}:
            found[run] = Hand(before.executor, before.where, before.since, before.job, False, deaths, at)
    return found


def sentence(event: Event) -> str:
    """Return an event as one line for people."""
    run = f"{event['run']}: " if event["run"] else ""
    return f"{event['time']}  {run}{event.get('told', event['what'])}"
