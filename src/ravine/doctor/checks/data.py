"""Data: training problems of the training split, fixed test sets, a solver that can reach the answers."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.doctor.bench import SEED, Bench
from ravine.doctor.finding import Outcome, below, judged
from ravine.doctor.pipeline import NOT_MINED, absent, need
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit
from ravine.tasks.base import BLOCK, Task
from ravine.tasks.fixed import fixed_split

BATCHES = 8
DRAWN = 2000
"""Training problems that are looked for in the test sets."""
MOST_STEPS = 32
EACH = 20
"""Rows that each landscape should have before they are counted: all of ten are then missed once in 5e7 times."""


def split_problems(task: Task, split: str, size: int) -> Batch:
    """Return problems of a split, from a fixed seed."""
    return task.sample(size, torch.Generator().manual_seed(11), split)


@check(
    "D519",
    "training problems come from the training split",
    "sample training batches from the first split only, and use harder ones only for tests",
)
def of_training(bench: Bench) -> Outcome:
    """Compare the sizes of training problems and answers, and the entries given, with the training split's."""
    task, pipeline = bench.pipeline.task(), bench.pipeline.fresh()
    drawn = [pipeline.training_problems() for _ in range(BATCHES)]
    declared = measures([split_problems(task, task.splits[0], 2000)])
    z = {name: deviation(values, declared[name]) for name, values in measures(drawn).items()}
    says = "training problems come from another distribution"
    return judged(below(z, limit("data moment")), says, z=z, problems=sum(map(len, drawn)))


def measures(batches: Sequence[Batch]) -> dict[str, Tensor]:
    """Return a number a problem for each part of it: the log of its mean square, or its share of given entries."""
    parts = {name: torch.cat([getattr(batch, name).flatten(1).cpu() for batch in batches]) for name in "xy"}
    found = {name: part.double().square().mean(1).clamp(min=1e-30).log() for name, part in parts.items()}
    masks = [batch.given.flatten(1).double().mean(1).cpu() for batch in batches if batch.given is not None]
    return found | ({"given": torch.cat(masks)} if masks else {})


def deviation(a: Tensor, b: Tensor) -> float:
    """Return the distance of two means in standard errors; of numbers that do not scatter, 0 where they are equal."""
    error = float((a.var() / len(a) + b.var() / len(b)).sqrt())
    distance = abs(float(a.mean() - b.mean()))
    if error < 1e-9:
        return math.inf if distance > 1e-6 else 0.0
    return distance / error


@check("D520", "test sets share no problems with training", "hold the test sets' problems out of training")
def held_out(bench: Bench) -> Outcome:
    """Look for training problems in the fixed test sets."""
    task = bench.pipeline.task()
    tests = {row for split in task.splits for row in contents(fixed_split(task, split, BLOCK).batch)}
    drawn = contents(bench.pipeline.problems(DRAWN, SEED).to("cpu"))
    shared = sum(row in tests for row in drawn) / len(drawn)
    return judged(
        below(shared, limit("shared problems")), "the test sets contain training problems", share_in_tests=shared
    )


def contents(batch: Batch) -> list[bytes]:
    """Return each problem with its answer, rounded."""
    rows = torch.cat([batch.x.flatten(1), batch.y.flatten(1)], 1)
    return [row.tobytes() for row in (rows.double() * 1e4).round().to(torch.int64).numpy()]


@check(
    "D522",
    "the right answers lie within the solver's bound",
    "solve with the task's bound for solving, not with the one for training",
)
def in_reach(bench: Bench) -> Outcome:
    """Let the solver start from problems whose answers are large, and measure the error that its bound forces."""
    task, floors = bench.pipeline.task(), {}
    bound = bench.pipeline.solve_bound()
    for split in task.splits:
        y = split_problems(task, split, 1000).y
        floors[split] = float((y.abs() - bound).clamp(min=0).square().mean() / y.square().mean())
    holds = below(floors, limit("clipping floor"))
    return judged(holds, "the bound cuts right answers off", bound=bound, floor_by_split=floors)


@check("D524", "training uses every landscape", "draw k for each row from all landscapes, 0 and the last one included")
def every_landscape(bench: Bench) -> Outcome:
    """Count the landscapes of the rows that are mined, until each should have come twenty times."""
    pipeline, levels = bench.at_work(), len(bench.landscapes)
    counts = torch.zeros(levels, dtype=torch.int64)
    for _ in range(MOST_STEPS):
        seen = need(pipeline.step().arms, NOT_MINED)
        for arm in set(bench.arms) & seen.keys():
            counts += torch.bincount(seen[arm].k.cpu(), minlength=levels)
        if int(counts.sum()) >= EACH * levels:
            break
    else:
        absent("too few rows are mined to count them")
    return judged(int(counts.min()) > 0, "some landscapes never occur", rows_by_landscape=counts.tolist())
