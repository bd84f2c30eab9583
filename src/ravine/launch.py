"""How this process was started: alone, or as one of several that torchrun starts."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from ravine.errors import RunError

NEEDED = ("WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
"""What torchrun tells every process."""


@dataclass(frozen=True)
class Launch:
    """Process `rank` of `size`, the `local`-th on its machine."""

    rank: int = 0
    size: int = 1
    local: int = 0


def launch(told: Mapping[str, str] = os.environ) -> Launch:
    """Return how this process was started; a `RunError` where several were, and not by torchrun."""
    size, rank = (told.get(name, "") for name in ("WORLD_SIZE", "RANK"))
    several = (size.isdigit() and int(size) > 1) or (rank.isdigit() and int(rank) > 0)
    if not several:
        refuse_tasks(told)
        return Launch()
    if missing := [name for name in NEEDED if not told.get(name)]:
        raise RunError(
            f"started as one of several processes (RANK={rank or '?'}, WORLD_SIZE={size or '?'}), but without "
            f"{', '.join(missing)}; start them by torchrun, or one process with WORLD_SIZE and RANK unset"
        )
    return Launch(int(rank), int(size), int(told["LOCAL_RANK"]))


def refuse_tasks(told: Mapping[str, str]) -> None:
    """Raise a `RunError` in one of several tasks of a SLURM step, of which none was told of the others' share.

    A batch script is no such step, however many tasks its job has; WORLD_SIZE=1 says that a task works for itself.
    """
    tasks, task = told.get("SLURM_STEP_NUM_TASKS", "1"), told.get("SLURM_PROCID", "0")
    if "WORLD_SIZE" not in told and (task, tasks) != ("0", "1"):
        raise RunError(
            f"started as task {task} of {tasks} by srun, which would all do the same work; start one (srun -n 1), "
            "torchrun where they are to share a run, or set WORLD_SIZE=1 where each has a run of its own"
        )


def require_alone() -> None:
    """Raise a `RunError` in one of several processes: each would do and write the same."""
    if (here := launch()).size > 1:
        raise RunError(
            f"started as process {here.rank} of {here.size}, but only `ravine train` shares its work among processes; "
            "start it without torchrun, or with WORLD_SIZE and RANK unset"
        )


@contextmanager
def joined(device: str) -> Iterator[Launch]:
    """Yield how this process was started, joined with the others while the block lasts; all of them leave it together.

    Processes talk by gloo on CPUs and by nccl on GPUs, each on the GPU of its number on the machine.
    """
    here = launch()
    if here.size == 1:
        yield here
        return
    # First, as the default arguments of torch.distributed.nn would keep the group that exists when it is imported:
    # talking threads would outlive the block, and abort the process where Python ends before they do.
    import torch.distributed.nn  # noqa: F401
    from torch import cuda, distributed

    if device == "cuda":
        cuda.set_device(here.local)
    backend = "nccl" if device == "cuda" else "gloo"
    # The others wait while the first validates and scores, however long that takes; torchrun ends them if it dies.
    distributed.init_process_group(backend, rank=here.rank, world_size=here.size, timeout=timedelta(days=7))
    try:
        yield here
        distributed.barrier()  # a process that is gone while another still talks to it may be torn down in the middle
    finally:
        distributed.destroy_process_group()
