"""What a SLURM job array executes, and how it is submitted: as commands, through submitit's sbatch scripts."""

import io
import shlex
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ravine.errors import ConfigurationError
from ravine.experiments.executors.base import Alike, command

if TYPE_CHECKING:
    from submitit import SlurmExecutor

DEAF = (
    "# A warning of the time limit would end Python before it listens; SIGTERM at the limit is told again.",
    "trap '' USR2",
)


def submitit() -> Any:
    """Return the package; a `ConfigurationError` that names the extra where it is not installed."""
    try:
        import submitit as package
    except ImportError:
        raise ConfigurationError("--on slurm: submitit is not installed; pip install 'ravine[slurm]'") from None
    return package


def task_script(batch: Path, tasks: Sequence[Alike]) -> str:
    """Return what every task of an array executes: the command of the runs whose number it has."""
    lines = [
        "#!/bin/bash",
        *DEAF,
        "# Each task of the array is one run, or seeds of one arm.",
        "case $SLURM_ARRAY_TASK_ID in",
    ]
    for index, runs in enumerate(tasks):
        log = shlex.quote(str(runs[0].path.absolute() / "train.log"))
        # exec: signals reach the training itself.
        lines.append(f"{index}) exec {shlex.join(command(*runs))} >>{log} 2>&1 ;;")
    return "\n".join([*lines, "esac", ""])


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
