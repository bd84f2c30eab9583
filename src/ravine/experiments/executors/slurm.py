"""How a study's runs are started on a SLURM cluster: options, submitit's parameters, the script to show beforehand."""

import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import field_validator

from ravine.analysis.plan import PlannedRun
from ravine.errors import ConfigurationError
from ravine.experiments.executors.base import QUEUE_PID, SeedsConfig, alike, modules_path
from ravine.experiments.executors.slurm_jobs import MOST_TASKS, Slurm
from ravine.experiments.executors.slurm_script import submitit, task_script
from ravine.experiments.executors.slurm_states import said
from ravine.section import Count, Lax, Number

SHOWN_TASKS = 3
"""Tasks of which --dry-run shows the command."""
TIME = re.compile(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d\d)")
WARNING_SECONDS = 120
"""How long before its time limit a job is told, so that it leaves a checkpoint."""


class SlurmConfig(SeedsConfig):
    """Job arrays of a SLURM cluster."""

    name: Literal["slurm"] = "slurm"
    partition: str | None = None
    """The partition; default: the cluster's own."""
    time: str = "02:00:00"
    """Time limit of a job, hours:minutes:seconds or days-hours:minutes:seconds; a run goes on in the next job."""
    gpus: Number = 0
    """GPUs of each job."""
    threads: Count | None = None
    """CPU cores of each job; default: the cluster's."""
    mem: str | None = None
    """Memory of each job, as in 8G; default: the cluster's."""
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
        return Slurm(study.absolute(), self.max_parallel, self.parameters, self.together)

    def places(self, parallel: int) -> int:
        """Return how many jobs run at a time."""
        return self.max_parallel

    def parameters(self, count: int) -> dict[str, Any]:
        """Return submitit's parameters of an array of `count` tasks."""
        limit = minutes(self.time)
        own: dict[str, Any] = {
            "time": limit,
            "map_count": count,
            "array_parallelism": self.max_parallel,
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
        some = alike(runs, self.together)[:MOST_TASKS]
        parameters = {"job_name": "ravine-0001", **self.parameters(len(some))}
        text: str = _make_sbatch_string(
            command=f"bash {shlex.quote(str(batch / 'task.sh'))}", folder=batch, **parameters
        )
        shown, more = task_script(batch, some[:SHOWN_TASKS]), len(some) - SHOWN_TASKS
        return f"{text}\n# {batch / 'task.sh'}\n{shown}" + (f"# and {more} tasks more\n" if more > 0 else "")


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
