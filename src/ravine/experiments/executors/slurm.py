"""Runs as tasks of SLURM job arrays, submitted as commands through submitit's sbatch scripts."""

import io
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import field_validator

from ravine.analysis.plan import PlannedRun
from ravine.errors import ConfigurationError, RunError
from ravine.experiments.executors.base import QUEUE_PID, Executor, ExecutorConfig, Job, command, modules_path
from ravine.experiments.executors.slurm_states import HOPELESS, RUNNING, TOLD, WAITING, JobFact, facts, said
from ravine.experiments.log import Hand
from ravine.section import Count, Lax, Number
from ravine.training.files import write_atomically

if TYPE_CHECKING:
    from submitit import SlurmExecutor

MOST_TASKS = 1000
"""Tasks of one array; a cluster's MaxArraySize is 1001 unless it says otherwise."""
SHOWN_TASKS = 3
"""Tasks of which --dry-run shows the command."""
LIMITS = ("QOSMaxSubmitJobPerUserLimit", "AssocMaxSubmitJobLimit", "QOSMaxSubmitJobLimit", "MaxSubmitJobs")
"""How sbatch calls a limit on the jobs that a user may have submitted at a time."""
PASSING = ("Socket timed out", "Unable to contact slurm controller", "temporarily unable", "Connection refused")
ASK_SECONDS = 2.0
LIMIT_SECONDS = 20.0
"""How long to wait before asking again for room under a limit, where no job of ours has ended meanwhile."""
GONE_SECONDS = 30.0
"""How long SLURM may know nothing of a job before its run's own status is believed."""
STOP_SECONDS = 120.0
TIME = re.compile(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d\d)")
WARNING_SECONDS = 120
"""How long before its time limit a job is told, so that it leaves a checkpoint."""
DEAF = (
    "# A warning of the time limit would end Python before it listens; SIGTERM at the limit is told again.",
    "trap '' USR2",
)


class SlurmConfig(ExecutorConfig):
    """Job arrays of a SLURM cluster."""

    name: Literal["slurm"] = "slurm"
    partition: str | None = None
    """The partition; default: the cluster's own."""
    time: str = "02:00:00"
    """Time limit of a job, hours:minutes:seconds or days-hours:minutes:seconds; a run goes on in the next job."""
    gpus: Number = 0
    """GPUs of each run."""
    threads: Count | None = None
    """CPU cores of each run; default: the cluster's."""
    mem: str | None = None
    """Memory of each run, as in 8G; default: the cluster's."""
    max_parallel: Count = 100
    """Jobs that run at a time."""
    sbatch: Annotated[tuple[str, ...], Lax] = ()
    """Further options of sbatch, each as option=value: account=mine."""

    @field_validator("gpus", mode="before")
    @classmethod
    def _counted(cls, gpus: Any) -> Any:
        if isinstance(gpus, str):
            if not gpus.isdigit():
                raise ValueError(f"write how many GPUs each run takes, as in 1, not {gpus!r}")
            return int(gpus)
        return gpus

    @field_validator("time")
    @classmethod
    def _is_a_time(cls, time: str) -> str:
        if not TIME.fullmatch(time) or not minutes(time):
            raise ValueError(f"write hours:minutes:seconds, as in 02:00:00, not {time!r}")
        return time

    @field_validator("sbatch")
    @classmethod
    def _are_options(cls, sbatch: tuple[str, ...]) -> tuple[str, ...]:
        for entry in sbatch:
            if not re.fullmatch(r"[\w-]+(=.*)?", entry):
                raise ValueError(f"write option=value, as in account=mine, not {entry!r}")
        return sbatch

    def executor(self, study: Path, parallel: int) -> "Slurm":
        """Return the executor; a `ConfigurationError` without submitit, without sbatch, or for no such partition."""
        submitit()
        for program in ("sbatch", "squeue", "scancel", "srun"):
            if shutil.which(program) is None:
                raise ConfigurationError(f"--on slurm: no {program} here; run it where SLURM's commands are installed")
        if self.partition is not None:
            known = partitions()
            if self.partition not in known:
                raise ConfigurationError(f"--partition: no partition {self.partition!r}; there are {', '.join(known)}")
        return Slurm(study.absolute(), self)

    def places(self, parallel: int) -> int:
        """Return how many jobs run at a time."""
        return self.max_parallel

    def parameters(self, count: int, parallel: int) -> dict[str, Any]:
        """Return submitit's parameters of an array of `count` tasks, of which `parallel` run at a time."""
        limit = minutes(self.time)
        own: dict[str, Any] = {
            "time": limit,
            "map_count": count,
            "array_parallelism": parallel,
            "signal_delay_s": min(WARNING_SECONDS, limit * 60 // 4),
            "stderr_to_stdout": True,
            "wckey": "ravine",
            "additional_parameters": {"requeue": True, **pairs(self.sbatch)},
            "setup": [f"export {QUEUE_PID}=0", f"export PYTHONPATH={shlex.quote(modules_path())}"],
        }
        asked = {"partition": self.partition, "gpus_per_node": self.gpus or None, "cpus_per_task": self.threads}
        asked |= {"mem": self.mem}
        return own | {name: value for name, value in asked.items() if value is not None}

    def script(self, study: Path, runs: Sequence[PlannedRun]) -> str:
        """Return the sbatch script of the first array that the runs would be submitted as."""
        submitit()
        from submitit.slurm.slurm import _make_sbatch_string

        batch = study.absolute() / "slurm" / "0001"
        some = runs[:MOST_TASKS]
        parameters = {"job_name": "ravine-0001", **self.parameters(len(some), self.max_parallel)}
        text: str = _make_sbatch_string(
            command=f"bash {shlex.quote(str(batch / 'task.sh'))}", folder=batch, **parameters
        )
        shown, more = task_script(batch, some[:SHOWN_TASKS]), len(some) - SHOWN_TASKS
        return f"{text}\n# {batch / 'task.sh'}\n{shown}" + (f"# and {more} tasks more\n" if more > 0 else "")


def submitit() -> Any:
    """Return the package; a `ConfigurationError` that names the extra where it is not installed."""
    try:
        import submitit as package
    except ImportError:
        raise ConfigurationError("--on slurm: submitit is not installed; pip install 'ravine[slurm]'") from None
    return package


def minutes(time: str) -> int:
    """Return a time limit in whole minutes, rounded up as SLURM does."""
    days, hours, mins, seconds = (int(part or 0) for part in TIME.fullmatch(time).groups())  # type: ignore[union-attr]
    return -(-(((days * 24 + hours) * 60 + mins) * 60 + seconds) // 60)


def pairs(options: Sequence[str]) -> dict[str, Any]:
    """Return options of sbatch by name; one without a value is a switch."""
    split = [entry.partition("=") for entry in options]
    return {name: value if equals else True for name, equals, value in split}


def partitions() -> list[str]:
    """Return the cluster's partitions; a `ConfigurationError` where it does not answer."""
    lines = said(["sinfo", "-h", "-o", "%R"])
    if lines is None:
        raise ConfigurationError("--on slurm: the cluster does not answer (sinfo); try again, or ask its administrator")
    return sorted(set(lines))


def task_script(batch: Path, runs: Sequence[PlannedRun]) -> str:
    """Return what every task of an array executes: the command of the run whose number it has."""
    lines = ["#!/bin/bash", *DEAF, "# Each task of the array is one run.", "case $SLURM_ARRAY_TASK_ID in"]
    for index, run in enumerate(runs):
        log = shlex.quote(str(run.path.absolute() / "train.log"))
        # exec: signals reach the training itself.
        lines.append(f"{index}) exec {shlex.join(command(run))} >>{log} 2>&1 ;;")
    return "\n".join([*lines, "esac", ""])


@dataclass
class Slurm(Executor):
    """Submits waiting runs as arrays, follows their jobs, and adopts those that an earlier coordinator submitted.

    The first array holds all waiting runs, `max_parallel` of them running at a time; what must be tried again follows
    in arrays of its own, as jobs end. A limit on submitted jobs is waited out.
    """

    study: Path
    config: SlurmConfig
    name = "slurm"
    jobs: dict[str, tuple[PlannedRun, JobFact, float]] = field(default_factory=dict)
    """By the job's name: its run, what was last known of it, and when SLURM last knew anything."""
    blocked: float = 0.0
    asked: float = 0.0

    def room(self) -> int:
        """Return how many runs to submit now: all at first, later as many as may run; none while a limit is on."""
        if time.monotonic() < self.blocked:
            return 0
        return max(0, self.config.max_parallel - len(self.jobs)) if self.jobs else MOST_TASKS

    def start(self, runs: Sequence[PlannedRun]) -> list[Job]:
        """Submit the runs, or as many of the first ones as a limit on submitted jobs lets through."""
        some = list(runs[:MOST_TASKS])
        while some:
            told = self._submitted(some)
            if not isinstance(told, str):
                return told
            if any(words in told for words in PASSING) or len(some) == 1:
                self.blocked = time.monotonic() + LIMIT_SECONDS
                return []
            some = some[: len(some) // 2]
        return []

    def _submitted(self, runs: Sequence[PlannedRun]) -> list[Job] | str:
        """Submit one array; return its jobs, or sbatch's words where a limit or the controller kept it away."""
        from ravine.training.directory import RunDirectory

        for run in runs:
            RunDirectory(run.path).claim(run.config)
        batch = self._next_batch()
        write_atomically(batch / "runs", "".join(f"{run.key}\n" for run in runs).encode())
        write_atomically(batch / "task.sh", task_script(batch, runs).encode())
        made = submitit().SlurmExecutor(folder=batch)
        parameters = self.config.parameters(len(runs), self.config.max_parallel)
        count = parameters.pop("map_count")
        made.update_parameters(job_name=self._job_name(batch), **parameters)
        made.parameters["map_count"] = count  # known to submitit's scripts, and not offered by its parameters
        told = submit(made, f"bash {shlex.quote(str(batch / 'task.sh'))}")
        if told.isdigit():
            write_atomically(batch / "job", f"{told}\n".encode())
            return self._adopt(told, list(enumerate(runs)))
        shutil.rmtree(batch)
        if any(words in told for words in (*LIMITS, *PASSING)):
            return told
        raise RunError(f"sbatch refuses the study's jobs: {told}")

    def _next_batch(self) -> Path:
        numbers = [int(path.name) for path in (self.study / "slurm").glob("[0-9]*")]
        batch = self.study / "slurm" / f"{max(numbers, default=0) + 1:04d}"
        batch.mkdir(parents=True)
        return batch

    def _job_name(self, batch: Path) -> str:
        """Return a name by which a batch's array is found again: the study's, its own, and the place of both."""
        from hashlib import sha256

        return f"ravine-{self.study.name[:24]}-{sha256(str(batch).encode()).hexdigest()[:8]}"

    def _adopt(self, array: str, runs: Sequence[tuple[int, PlannedRun]]) -> list[Job]:
        made = []
        for index, run in runs:
            job, fact = f"{array}_{index}", JobFact("PENDING")
            self.jobs[job] = (run, fact, time.monotonic())
            made.append(Job(run, "waiting", f"job {job}", job))
        return made

    def take_up(self, plan: Sequence[PlannedRun], hands: Mapping[str, Hand]) -> list[Job]:
        """Adopt the jobs in the log, and an array that was submitted just before its coordinator died."""
        jobs = []
        for run in plan:
            hand = hands.get(run.key, Hand())
            if hand.held and hand.executor == self.name:
                array, _, index = hand.job.partition("_")
                jobs += self._adopt(array, [(int(index), run)])
        return jobs + self._unlogged({run.key: run for run in plan if run.key not in {job.run.key for job in jobs}})

    def _unlogged(self, plan: Mapping[str, PlannedRun]) -> list[Job]:
        """Adopt tasks of which the log says nothing: submitted, and then their coordinator died."""
        tasks: dict[str, PlannedRun] = {}
        for batch in sorted((self.study / "slurm").glob("[0-9]*")):
            array = self._array_of(batch)
            if array is None or not (batch / "runs").exists():
                continue
            keys = (batch / "runs").read_text(encoding="utf-8").split("\n")
            tasks |= {f"{array}_{index}": plan[key] for index, key in enumerate(keys) if key in plan}
        known = facts(tasks) or {} if tasks else {}
        jobs: list[Job] = []
        for job, run in tasks.items():
            if job in known and known[job].state in WAITING | RUNNING:
                array, _, index = job.partition("_")
                jobs += self._adopt(array, [(int(index), run)])
        return jobs

    def _array_of(self, batch: Path) -> str | None:
        if (batch / "job").exists():
            return (batch / "job").read_text(encoding="utf-8").strip()
        lines = said(["squeue", "-h", "--name", self._job_name(batch), "-o", "%F"]) or []
        return lines[0] if lines else None

    def look(self) -> list[Job]:
        """Return the jobs as SLURM knows them; asked every two seconds."""
        if time.monotonic() - self.asked >= ASK_SECONDS and self.jobs:
            self.asked = time.monotonic()
            known = facts(self.jobs)
            for job, (run, fact, seen) in list(self.jobs.items()):
                if known is not None and job in known:
                    self.jobs[job] = (run, known[job], time.monotonic())
                elif known is not None and time.monotonic() - seen > GONE_SECONDS:
                    self.jobs[job] = (run, replace(fact, state="UNKNOWN"), seen)
                elif known is None:  # no answer is no news: the time does not count
                    self.jobs[job] = (run, fact, time.monotonic())
        return self._told()

    def _told(self) -> list[Job]:
        told = [job_of(job, run, fact) for job, (run, fact, _) in self.jobs.items()]
        for job in told:
            if job.state == "ended":
                del self.jobs[job.name]
                self.blocked = 0.0
        return told

    def cancel(self) -> list[Job]:
        """Cancel the jobs, and wait until they have ended; runs that were at work leave checkpoints."""
        if not self.jobs:
            return []
        arrays = sorted({job.partition("_")[0] for job in self.jobs})
        subprocess.run(["scancel", *arrays], capture_output=True, check=False)
        deadline, ended = time.monotonic() + STOP_SECONDS, []
        while self.jobs and time.monotonic() < deadline:
            self.asked = 0.0
            ended += [job for job in self.look() if job.state == "ended"]
            time.sleep(0.5)
        return ended


def submit(made: "SlurmExecutor", words: str) -> str:
    """Submit a command through submitit and return the array's number, or what sbatch says against it."""
    from submitit.core.utils import FailedJobError

    try:
        with redirect_stderr(io.StringIO()):  # submitit prints what it raises too
            job = made._submit_command(words)
    except FailedJobError as error:
        lines = [line for line in str(error).splitlines() if "sbatch: error" in line] or str(error).splitlines()
        return "; ".join(line.removeprefix("sbatch: error: ").strip() for line in lines)
    return str(job.job_id)


def job_of(name: str, run: PlannedRun, fact: JobFact) -> Job:
    """Return a job as the coordinator sees it; what ended it is told by name."""
    where = f"job {name}{fact.where}"
    if fact.state in WAITING:
        return Job(run, "waiting", where, name)
    if fact.state in RUNNING:
        return Job(run, "running", where, name)
    if fact.state in TOLD:
        return Job(run, "ended", where, name, TOLD[fact.state], again=fact.state not in HOPELESS)
    if fact.state in {"COMPLETED", "FAILED"}:
        return ended_by_itself(run, where, name)
    return Job(run, "ended", where, name, f"SLURM knows job {name} no more ({fact.state})")


def ended_by_itself(run: PlannedRun, where: str, name: str) -> Job:
    """Return a job whose process ended; where it left no word in the run's status, its last line is the reason."""
    from ravine.training.directory import RunDirectory

    directory = RunDirectory(run.path)
    if directory.status()["state"] in {"finished", "diverged", "failed", "interrupted"}:
        return Job(run, "ended", where, name)
    return Job(run, "ended", where, name, directory.last_line() or "its process ended without a word", again=False)
