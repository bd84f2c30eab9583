"""Runs as processes of this machine, each in a slot of its own: its CPU threads, its GPU."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Protocol

from pydantic import field_validator

from ravine.analysis.plan import PlannedRun
from ravine.experiments.executors.base import QUEUE_PID, Alike, Executor, Job, SeedsConfig, alike, command, modules_path
from ravine.section import Lax, Number
from ravine.training.directory import RunDirectory

STOP_SECONDS = 30.0
INTERRUPTED = 130
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class LocalConfig(SeedsConfig):
    """Processes of this machine, a few at a time."""

    name: Literal["local"] = "local"
    workers: Number = 0
    """Runs at a time; 0: one per GPU that is named, else as many as suit the machine."""
    threads: Number = 0
    """CPU threads of each run; 0: what its configuration says."""
    gpus: Annotated[tuple[Number, ...], Lax] = ()
    """GPUs by number: each run sees one of them alone."""

    here: ClassVar[bool] = True

    @field_validator("gpus", mode="before")
    @classmethod
    def _numbers_with_commas(cls, gpus: Any) -> Any:
        if not isinstance(gpus, str):
            return gpus
        parts = [part.strip() for part in gpus.split(",")]
        if not all(part.isdigit() for part in parts) or len(set(parts)) < len(parts):
            raise ValueError(f"write this machine's GPUs by number, each once, as in 0,1, not {gpus!r}")
        return tuple(map(int, parts))

    def misfit(self, config: Mapping[str, Any]) -> str | None:
        """Return why runs do not go with the slots: one that names a GPU of its own cannot be given another."""
        device = str(config["compute"]["device"])
        if self.gpus and device.startswith("cuda:"):
            return f"compute.device: names {device}, and --gpus gives each run its own; write cuda"
        if self.gpus and device == "cpu":
            return "compute.device: is cpu, and --gpus gives each run a GPU; write auto or cuda, or leave --gpus out"
        return super().misfit(config)

    def places(self, parallel: int) -> int:
        """Return the number of slots."""
        return self.workers or len(self.gpus) or parallel

    def executor(self, study: Path, parallel: int) -> "Local":
        """Return the executor: as many slots as `workers` says, the GPUs shared out among them."""
        count = self.places(parallel)
        slots = [Slot(self.threads, self.gpus[at % len(self.gpus)] if self.gpus else None) for at in range(count)]
        return Local(slots, self.together)


@dataclass(frozen=True)
class Slot:
    """What one run at a time may use."""

    threads: int = 0
    gpu: int | None = None

    def environment(self) -> dict[str, str]:
        """Return the variables that keep a process within the slot."""
        threads = {name: str(self.threads) for name in THREADS} if self.threads else {}
        return threads if self.gpu is None else {**threads, "CUDA_VISIBLE_DEVICES": str(self.gpu)}


class Process(Protocol):
    """What is asked of a process: its end, and how to bring it about."""

    pid: int

    def poll(self) -> int | None:
        """Return the status with which it ended; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""

    def terminate(self) -> None:
        """Ask it to stop."""

    def kill(self) -> None:
        """End it at once."""


@dataclass
class Local(Executor):
    """Starts a process for every free slot; when its own process dies, runs stop and leave checkpoints."""

    slots: Sequence[Slot]
    together: int = 1
    name = "local"
    running: list[tuple[Alike, Process, Slot]] = field(default_factory=list)

    def room(self) -> int:
        """Return the number of runs that the free slots take."""
        return (len(self.slots) - len(self.running)) * self.together

    def start(self, runs: Sequence[PlannedRun]) -> list[Job]:
        """Start runs in the free slots."""
        free = list(self.slots)
        for _, _, slot in self.running:
            free.remove(slot)
        jobs = []
        for some, slot in zip(alike(runs, self.together), free, strict=False):
            entry = (some, start(some, slot.environment()), slot)
            self.running.append(entry)
            jobs += jobs_of(*entry, None)
        return jobs

    def look(self) -> list[Job]:
        """Return the jobs; those whose process is gone have ended."""
        codes = [(entry, entry[1].poll()) for entry in self.running]
        self.running = [entry for entry, code in codes if code is None]
        return [job for entry, code in codes for job in jobs_of(*entry, code)]

    def cancel(self) -> list[Job]:
        """Interrupt the processes and wait for them; after 30 s without an end they are killed."""
        ended, self.running = self.running, []
        end([process for _, process, _ in ended])
        return [job for entry in ended for job in jobs_of(*entry, entry[1].poll())]


def jobs_of(runs: Alike, process: Process, slot: Slot, code: int | None) -> list[Job]:
    """Return a process as jobs; of one that ended on its own the runs' statuses tell, of a killed one the signal."""
    at, name = where(process, slot), str(process.pid)
    if code is None:
        return [Job(run, "running", at, name) for run in runs]
    if code < 0:
        return [Job(run, "ended", at, name, f"its process was killed by {signal.Signals(-code).name}") for run in runs]
    if code in (0, INTERRUPTED):
        return [Job(run, "ended", at, name) for run in runs]
    why = RunDirectory(runs[0].path).last_line() or f"its process ended with status {code}"
    return [Job(run, "ended", at, name, why, again=False) for run in runs]


def where(process: Process, slot: Slot) -> str:
    """Return where a run is, in words."""
    gpu = "" if slot.gpu is None else f", GPU {slot.gpu}"
    return f"process {process.pid} on {socket.gethostname()}{gpu}"


def start(runs: Alike, slot: Mapping[str, str]) -> Process:
    """Start runs in a process of their own; what it says goes to `train.log` in the first one's directory."""
    for run in runs:
        RunDirectory(run.path).claim(run.config)
    with RunDirectory(runs[0].path).log.open("ab") as log:
        environment = {**os.environ, QUEUE_PID: str(os.getpid()), "PYTHONPATH": modules_path(), **slot}
        # A session of its own: Ctrl-C reaches the coordinator alone, which then tells every run once.
        return subprocess.Popen(
            command(*runs),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )


def end(processes: Sequence[Process]) -> None:
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
