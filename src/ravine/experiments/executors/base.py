"""What an executor must offer: it starts planned runs somewhere, tells what has become of them, and stops them."""

import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from ravine.analysis.plan import PlannedRun
from ravine.experiments.log import Hand
from ravine.section import Count, Section

QUEUE_PID = "RAVINE_QUEUE_PID"
"""Environment variable by which a run knows that it is an executor's: the process without which it stops, or 0."""
JobState = Literal["waiting", "running", "ended"]


Alike = tuple[PlannedRun, ...]
"""Runs that one process trains; more than one differ in their seeds alone."""


@dataclass(frozen=True)
class Job:
    """One run in an executor's hands: whether it waits, runs or has ended, where in words, and the job's own name.

    `why`: what ended it, where that was not its own doing; `again`: whether to try again can help.
    """

    run: PlannedRun
    state: JobState
    where: str
    name: str = ""
    why: str | None = None
    again: bool = True


class Executor(ABC):
    """Starts planned runs somewhere and tells their states; what they did is in their directories.

    One coordinator calls it, from one thread. A run is started as `ravine train CONFIG --out DIRECTORY --resume`, so
    that one that was stopped or died goes on from its newest checkpoint. What is asked of every executor:
    `ravine.experiments.executors.conformance`.
    """

    name: str
    together: int = 1
    """Runs of a process at most."""

    def ordered(self, runs: Sequence[PlannedRun]) -> list[PlannedRun]:
        """Return the runs so that those that one process trains follow one another."""
        return [run for some in alike(runs, self.together) for run in some]

    @abstractmethod
    def room(self) -> int:
        """Return how many more runs to start now."""

    @abstractmethod
    def start(self, runs: Sequence[PlannedRun]) -> Sequence[Job]:
        """Start some of the runs, the first ones first, and return their jobs; `room` says how many make sense."""

    @abstractmethod
    def look(self) -> Sequence[Job]:
        """Return all jobs in hand; one that has ended for the last time."""

    @abstractmethod
    def cancel(self) -> Sequence[Job]:
        """Interrupt all jobs, wait until they have left resumable checkpoints, and return them as ended."""

    def take_up(self, plan: Sequence[PlannedRun], hands: Mapping[str, Hand]) -> Sequence[Job]:
        """Take in hand what an earlier coordinator started and what may still live; `hands`: the log's last word.

        By the runs' keys. Those that an executor does not take up are started anew, from their checkpoints.
        """
        return ()


class ExecutorConfig(Section):
    """Where and how runs are started; the fields are options of `ravine compare`."""

    here: ClassVar[bool] = False
    """Whether runs are started on this machine."""

    def executor(self, study: Path, parallel: int) -> Executor:
        """Return the executor of a study in a directory; `parallel`: runs that suit this machine at a time.

        Raises a `ConfigurationError` where the place does not take such runs.
        """
        raise NotImplementedError

    def places(self, parallel: int) -> int:
        """Return how many runs are trained at a time; `parallel`: as many as suit this machine."""
        return parallel

    def misfit(self, config: Mapping[str, Any]) -> str | None:
        """Return why runs of a configuration cannot be started so, with its field; or None."""
        return None

    def script(self, study: Path, runs: Sequence[PlannedRun]) -> str:
        """Return what the place would be told to do with the runs, where that is a text; "" elsewhere."""
        return ""


class SeedsConfig(ExecutorConfig):
    """An executor whose processes may train several seeds of an arm each."""

    together: Count = 1
    """Seeds of an arm that one process trains as one program."""

    def misfit(self, config: Mapping[str, Any]) -> str | None:
        """Return that trackers follow one run a process, where there are any."""
        if self.together > 1 and config["tracking"]:
            return "tracking: a tracker follows one run a process; write --together 1, or leave the trackers out"
        return None


def alike(runs: Sequence[PlannedRun], most: int) -> list[Alike]:
    """Return the runs in groups of at most `most` that differ in their seeds alone, in the order of first ones."""
    groups: list[list[PlannedRun]] = []
    last: dict[str, list[PlannedRun]] = {}
    for run in runs:
        kind = json.dumps([str(run.path.parent), {**run.config, "seed": 0}], sort_keys=True)
        if kind not in last or len(last[kind]) == most:
            last[kind] = []
            groups.append(last[kind])
        last[kind].append(run)
    return list(map(tuple, groups))


def command(run: PlannedRun, *others: PlannedRun) -> list[str]:
    """Return the command that begins or goes on with a run in its directory; with `others` that are alike beside it."""
    path = run.path.absolute()
    words = [sys.executable, "-m", "ravine", "train", str(path / "config.json")]
    seeds = ",".join(str(each.seed) for each in (run, *others))
    words += ["--out", str(path.parent), "--seeds", seeds] if others else ["--out", str(path)]
    return [*words, "--resume", "--quiet", *(["--keep", run.keep] if run.keep != "all" else [])]


def modules_path() -> str:
    """Return where Python finds modules in this process, so that the user's own are found in others too."""
    return os.pathsep.join(os.path.abspath(place) for place in sys.path)
