"""What `solve.precision = "bfloat16"` gains and costs: the models that ship, and the paper's network untrained.

    python -m benchmarks.precision [MODEL ...]

Processor seconds of one start, the least of three, in float32 and in bfloat16, and the metrics of both.
"""

import sys
from dataclasses import replace
from typing import Any

import torch
from benchmarks.speed.clock import seconds
from torch import Tensor

from ravine import build, load, models, read_run
from ravine.batch import Batch
from ravine.config import RunConfig
from ravine.energies.base import Energy
from ravine.evaluation.score import measured
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.tasks.base import Task
from ravine.tasks.fixed import fixed_split

PROBLEMS = 100


def row(name: str, config: RunConfig, task: Task, energy: Energy[Any], problems: int = PROBLEMS) -> str:
    """Return a line on one energy."""
    batch = fixed_split(task, task.splits[0], problems).batch
    solver, there = build.solver(config, task), Batch(batch.x.float(), batch.y.float(), batch.given)
    start = torch.randn((1, *there.y.shape), generator=Seeds(0).generator())
    line, answers = f"{name:<16}", list[Tensor]()
    for way in (replace(solver, precision=precision) for precision in ("float32", "bfloat16")):

        def work(way: Solver = way) -> None:
            answers.append(way.solve(energy, there, start).answer.to(batch.y.dtype))

        taken = min(seconds(work) for _ in range(3))
        scores = ", ".join(
            f"{key} {value.mean:.4g}" for key, value in measured(task.metrics(), batch, answers[-1]).items()
        )
        line += f"  {taken:.2f} s ({scores})"
    return line


def main(*names: str) -> None:
    """Print a line a model."""
    torch.set_num_threads(1)
    for name in names or models.names():
        run = load(name)
        print(row(name, run.config, run.task, run.energy), flush=True)
    if not names:
        config = read_run("inverse-paper", ["compute.device=cpu", "compute.threads=1"])
        task = build.task(config)
        print(row("inverse-paper", config, task, build.energy(config, task).requires_grad_(False), 256), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
