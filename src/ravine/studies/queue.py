"""Runs a study's plan on this machine, a few processes at a time; the runs' directories are the only memory."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from ravine.studies.plan import PlannedRun
from ravine.training.directory import RunDirectory, State

POLL_SECONDS = 0.2
QUEUE_PID = "RAVINE_QUEUE_PID"
"""Environment variable by which a run knows its queue's process; it stops when that one is gone."""
DONE: frozenset[str] = frozenset({"finished", "diverged"})
STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Progress:
    """How far a study is: steps done of all steps, runs by state, and the mean loss that running ones last told of."""

    steps_done: int
    steps: int
    states: dict[str, int]
    loss: float | None = None


@dataclass
class LocalQueue:
    """Starts every unfinished run as `python -m ravine train`, at most `workers` at a time.

    `on_progress` hears of the whole study's progress several times a second; `stop` is asked as often, and when it
    says so the running trainings are interrupted, leave resumable checkpoints, and the queue returns.
    """

    workers: int
    on_progress: Callable[[Progress], None]
    stop: Callable[[], bool]

    def run(self, plan: Sequence[PlannedRun]) -> bool:
        """Bring every run of the plan to an end; return whether all were tried, that is, nobody said stop."""
        waiting = [run for run in plan if state_of(run) not in DONE]
        running: list[Started] = []
        try:
            while waiting or running:
                running = [started for started in running if not started.ended()]
                if self.stop():
                    return False
                while waiting and len(running) < self.workers:
                    running.append(Started.now(waiting.pop(0)))
                self.on_progress(progress(plan))
                time.sleep(POLL_SECONDS)
            self.on_progress(progress(plan))
            return True
        finally:
            end([started.process for started in running])


@dataclass(frozen=True)
class Started:
    """A run and its process; `before`: the status that its directory had."""

    run: PlannedRun
    process: subprocess.Popen[bytes]
    before: dict[str, Any]

    @classmethod
    def now(cls, run: PlannedRun) -> Self:
        """Start a run."""
        before = RunDirectory(run.path).status()
        return cls(run, start(run), before)

    def ended(self) -> bool:
        """Return whether the process has come to its end; where it broke and left no word of it, the run has failed."""
        code = self.process.poll()
        directory = RunDirectory(self.run.path)
        if code and ((status := directory.status()) == self.before or status["state"] in {"new", "running"}):
            killed = f"its process was killed by {signal.Signals(-code).name}" if code < 0 else None
            why = killed or directory.last_line() or f"its process ended with status {code}"
            directory.set_status("failed", status["step"], status["seconds"], error=why)
        return code is not None


def start(run: PlannedRun) -> subprocess.Popen[bytes]:
    """Start one training in a process of its own; what it says goes to `train.log` in its directory."""
    RunDirectory(run.path).claim(run.config)
    with RunDirectory(run.path).log.open("ab") as log:
        config = str(run.path / "config.json")
        command = [sys.executable, "-m", "ravine", "train", config, "--out", str(run.path), "--resume", "--quiet"]
        # Modules of the user's own are found in the new process wherever this one finds them.
        places = os.pathsep.join(os.path.abspath(place) for place in sys.path)
        environment = {**os.environ, QUEUE_PID: str(os.getpid()), "PYTHONPATH": places}
        # A session of its own: Ctrl-C reaches the queue alone, which then tells every run once.
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
        )


def end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Interrupt the processes still running and wait for them; after 30 s without an end they are killed."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def state_of(run: PlannedRun) -> State:
    """Return the state that a run's directory tells of."""
    state: State = RunDirectory(run.path).status()["state"]
    return state


def progress(plan: Sequence[PlannedRun]) -> Progress:
    """Read the progress of the whole plan from the runs' directories."""
    done, total = 0, 0
    states: dict[str, int] = {}
    losses: list[float] = []
    for run in plan:
        status: dict[str, Any] = RunDirectory(run.path).status()
        steps = int(run.config["training"]["steps"])
        total += steps
        done += steps if status["state"] in DONE else int(status["step"])
        states[status["state"]] = states.get(status["state"], 0) + 1
        if status["state"] == "running" and status.get("loss") is not None:
            losses.append(status["loss"])
    return Progress(done, total, states, sum(losses) / len(losses) if losses else None)
