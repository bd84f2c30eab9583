"""How long each task takes to make a batch of problems with their answers, at its own size and the released batch.

    python benchmarks/batches.py [--batch B] [--repeats 5] [--threads 2] [TASK ...]

Prints medians of the repeats in milliseconds, of the wall and of all threads together (which depends less on what else
runs); what a task prepares once (pools of boards, strings) is not counted.
"""

import argparse
import statistics
import time

import torch

from ravine.config.schema import TASKS
from ravine.tasks.base import Task

RELEASED = {"matrices": 2048, "sudoku": 64}
"""Problems of a batch in the released code, by the package of the task; 512 in all others."""


def milliseconds(task: Task, size: int, generator: torch.Generator) -> tuple[float, float]:
    """Return the time of one batch, by the wall and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    task.sample(size, generator)
    return (time.perf_counter() - wall) * 1e3, (time.process_time() - processor) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", metavar="TASK")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    generator = torch.Generator().manual_seed(0)
    for name in given.tasks or TASKS.shipped:
        task = TASKS.shipped[name].model_validate({"name": name}).build()
        package = type(task).__module__.split(".")[2]
        size = given.batch or RELEASED.get(package, 512)
        milliseconds(task, size, generator)
        times = zip(*[milliseconds(task, size, generator) for _ in range(given.repeats)], strict=True)
        wall, processor = map(statistics.median, times)
        print(f"{name:24} {size:5} problems {wall:8.1f} ms {processor:8.1f} ms of the processor", flush=True)


if __name__ == "__main__":
    main()
