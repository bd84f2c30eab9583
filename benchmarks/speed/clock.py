"""Times of works, taken in turn, and the memory that each needs at most."""

import resource
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

Work = Callable[[], object]
LAUNCHED = 30
"""Works in a row of which a device is timed: it begins one while the host prepares the next."""


def seconds(work: Work) -> float:
    """Return the seconds that a work takes: of the processor where it has one thread, which other processes do not
    lengthen, else by the clock on the wall; of a device the mean of several in a row, with its work done."""
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()
        began = time.perf_counter()
        for _ in range(LAUNCHED):
            work()
        torch.cuda.synchronize()
        return (time.perf_counter() - began) / LAUNCHED
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    began = clock()
    work()
    return clock() - began


def medians(works: Mapping[str, Work], rounds: int) -> dict[str, float]:
    """Return the median seconds of works taken in turn, so that a drift of the machine's speed meets all of them."""
    for work in works.values():
        work()
    taken = [{name: seconds(work) for name, work in works.items()} for _ in range(rounds)]
    return {name: statistics.median(row[name] for row in taken) for name in works}


def peak_mib(work: Work) -> float:
    """Return the most memory, in MiB, that the process, or the device, held during a work."""
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.reset_peak_memory_stats()
        work()
        return torch.cuda.max_memory_allocated() / 2**20
    reset = Path("/proc/self/clear_refs")
    if reset.exists():
        reset.write_text("5", encoding="utf-8")  # forgets the most that was held so far
    work()
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
