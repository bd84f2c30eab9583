"""Brings every run of a plan to an end, whatever dies on the way; the runs' directories are the only memory."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Any
from uuid import uuid4

from ravine.analysis.plan import PlannedRun
from ravine.errors import OutputError, RunError
from ravine.experiments.executors.base import Executor, Job
from ravine.experiments.log import Hand, StudyLog, hands
from ravine.experiments.page import Page
from ravine.experiments.progress import Progress, Tally
from ravine.training.directory import DONE, RunDirectory
from ravine.training.files import writing

POLL_SECONDS = 0.2
RETRY_SECONDS = 2.0
"""How often to look for failed runs that somebody has put back."""
ATTEMPTS = 3
"""Deaths in a row at the same checkpoint after which a run has failed."""
PROBE_BYTES = 1 << 20
FULL = (os.strerror(ENOSPC), os.strerror(EDQUOT))


@dataclass
class Coordinator:
    """Gives a plan's runs to an executor, takes them back, and tries again what died.

    `on_progress` hears of the whole study's progress several times a second; `stop` is asked as often, and when it
    says so the running trainings are interrupted, leave resumable checkpoints, and `run` returns.
    """

    study: Path
    executor: Executor
    on_progress: Callable[[Progress], None] = lambda progress: None
    stop: Callable[[], bool] = lambda: False
    attempts: int = ATTEMPTS
    hands: dict[str, Hand] = field(default_factory=dict, init=False)
    waiting: list[PlannedRun] = field(default_factory=list, init=False)
    held: dict[str, PlannedRun] = field(default_factory=dict, init=False)
    tally: Tally = field(default_factory=Tally, init=False)

    def __post_init__(self) -> None:
        self.log = StudyLog(self.study)
        self.page = Page(self.study)
        self.looked = 0.0

    def run(self, plan: Sequence[PlannedRun]) -> bool:
        """Bring every run of the plan to an end; return whether all were tried, that is, nobody said stop.

        Raises an `OutputError` where the disk is full: the study pauses, and loses nothing.
        """
        self.tally = tally = Tally.of(plan)
        self.waiting = self.executor.ordered([run for run in plan if tally.state(run) not in DONE])
        try:
            self.take_up(plan)
            while self.waiting or self.held:
                for job in self.executor.look():
                    if job.state == "ended":
                        self.settle(job)
                if self.stop():
                    return False
                self.start()
                self.put_back(plan)
                self.on_progress(tally.progress(self.held))
                self.page.write()
                time.sleep(POLL_SECONDS)
            self.on_progress(tally.progress(self.held))
            return True
        except OutputError as error:
            if not error.full:
                raise
            self.executor.cancel()
            count, self.held, self.page.changed = len(self.waiting) + len(self.held), {}, False
            raise paused(self.study, count) from error.__cause__
        finally:
            self.end()

    def take_up(self, plan: Sequence[PlannedRun]) -> None:
        """Take in hand what an earlier coordinator left, as far as it still lives."""
        if not self.waiting:
            return
        self.hands = hands(self.log.events())
        left = {run.key: (run, self.hands[run.key]) for run in plan if self.hands.get(run.key, Hand()).held}
        others = {hand.executor for _, hand in left.values() if hand.executor not in ("local", self.executor.name)}
        if others:
            raise RunError(
                f"{self.study} has runs on {', '.join(others)}; continue with --on {min(others)}, "
                f"or end them first: `ravine study stop {self.study}`"
            )
        for job in self.executor.take_up(self.waiting, self.hands):
            self.held[job.run.key] = job.run
        self.waiting = [run for run in self.waiting if run.key not in self.held]
        for run, _ in (entry for key, entry in left.items() if key not in self.held):
            self.note("back", run, told=f"was left behind; goes on from step {RunDirectory(run.path).saved_step()}")

    def start(self) -> None:
        """Start as many of the waiting runs as there is room for; those in other hands still wait on."""
        room = self.executor.room() if self.waiting else 0
        chosen: list[PlannedRun] = []
        for run in self.waiting:
            if len(chosen) >= room:
                break
            if not RunDirectory(run.path).in_use():
                chosen.append(run)
        for run in chosen:
            directory = RunDirectory(run.path)
            if (status := directory.status())["state"] == "failed":
                # From here on a word of failure is of this attempt.
                directory.set_status("interrupted", status["step"], status["seconds"])
        for job in self.executor.start(chosen) if chosen else ():
            self.waiting.remove(job.run)
            self.held[job.run.key] = job.run
            self.note("started", job.run, executor=self.executor.name, where=job.where, job=job.name)

    def settle(self, job: Job) -> None:
        """Take a run back: it is done, it failed by its own word, or it goes on from its newest checkpoint."""
        run, directory = job.run, RunDirectory(job.run.path)
        status = directory.status()
        state, error = status["state"], str(status.get("error", ""))
        if state in DONE:
            self.note("ended", run, deaths=0, told=state)
            return
        # Still in hand: a study that pauses here counts the run among those that go on.
        self.refuse_full(f"{job.why} {error}")
        if state == "failed":
            self.note("ended", run, told=f"failed: {error}")
            return
        saved, hand = directory.saved_step(), self.hands.get(run.key, Hand())
        deaths = 1 if saved > hand.at else hand.deaths + 1
        if (job.again or (state == "interrupted" and not job.why)) and deaths < self.attempts:
            why = job.why or f"interrupted at step {status['step']}"
            self.note("back", run, deaths=deaths, at=saved, told=f"{why}; goes on from step {saved}")
            self.waiting.append(run)
            return
        if not (state == "interrupted" and job.why is None):
            why = job.why or directory.last_line() or f"its process ended in the state {state!r}"
            why += f" ({deaths} times at step {saved})" if job.again and deaths > 1 else ""
            directory.set_status("failed", status["step"], status["seconds"], error=why)
            self.note("ended", run, told=f"failed: {why}")
        else:
            self.note("ended", run, told=f"interrupted {deaths} times at step {saved}, and not tried again")

    def refuse_full(self, why: str) -> None:
        """Raise an `OutputError` if a run ended for want of room on the disk."""
        if any(words in why for words in FULL):
            raise OutputError(f"{self.study}: {why}") from OSError(ENOSPC, os.strerror(ENOSPC))
        probe = self.study / f".room.{uuid4().hex}"
        try:
            with writing(probe), probe.open("wb") as file:
                file.write(bytes(PROBE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)

    def put_back(self, plan: Sequence[PlannedRun]) -> None:
        """Let failed runs wait again that `ravine study retry` has put back."""
        if time.monotonic() - self.looked < RETRY_SECONDS:
            return
        self.looked = time.monotonic()
        idle = {run.key for run in self.waiting} | self.held.keys()
        for run in plan:
            if run.key in idle or self.tally.state(run) != "failed":
                continue
            if RunDirectory(run.path).status()["state"] == "interrupted":
                self.waiting.append(run)
                self.note("back", run, deaths=0, at=-1, told="put back by `ravine study retry`")

    def end(self) -> None:
        """Interrupt what still runs, and take it back."""
        ended = self.executor.cancel() if self.held else ()
        for job in ended:
            run = self.held.pop(job.run.key, job.run)
            status = RunDirectory(run.path).status()
            what = "ended" if status["state"] in DONE else "back"
            self.note(what, run, told=f"{status['state']} at step {status['step']}")
        if self.page.changed:
            self.page.write(now=True)

    def note(self, what: Any, run: PlannedRun, **details: Any) -> None:
        """Write an event to the log, and remember what it says."""
        if what == "started":
            details.setdefault("told", f"started on {details['where']}")
        self.log.add(what, run.key, **details)
        if what != "started":
            self.held.pop(run.key, None)
        before = self.hands.get(run.key, Hand())
        self.hands[run.key] = Hand(
            details.get("executor", before.executor),
            details.get("where", before.where),
            before.since,
            details.get("job", before.job),
            what == "started",
            details.get("deaths", before.deaths),
            details.get("at", before.at),
        )
        self.tally.read(run)
        self.page.changed = True


def paused(study: Path, runs: int) -> OutputError:
    """Return the one line of a study that pauses for want of room."""
    return OutputError(
        f"{study}: paused, there is no room left on the disk; {runs} runs keep their newest checkpoints; "
        "make room, and the same command continues"
    )
