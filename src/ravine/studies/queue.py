"""Runs a study's plan on this machine, a few processes at a time; the runs' directories are the only memory."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

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
        running: list[subprocess.Popen[bytes]] = []
        try:
            while waiting or running:
                running = [process for process in running if process.poll() is None]
                if self.stop():
                    return False
                while waiting and len(running) < self.workers:
                    running.append(start(waiting.pop(0)))
                self.on_progress(progress(plan))
                time.sleep(POLL_SECONDS)
            self.on_progress(progress(plan))
            return True
        finally:
            end(running)


def start(run: PlannedRun) -> subprocess.Popen[bytes]:
    """Start one training in a process of its own; what it says goes to `train.log` in its directory."""
    RunDirectory(run.path).claim(run.config)
    with (run.path / "train.log").open("ab") as log:
        config = str(run.path / "config.json")
        command = [sys.executable, "-m", "ravine", "train", config, "--out", str(run.path), "--resume", "--quiet"]
        environment = {**os.environ, QUEUE_PID: str(os.getpid())}
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
