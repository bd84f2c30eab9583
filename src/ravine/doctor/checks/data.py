"""Data: training problems of the training split, fixed test sets, a solver that can reach the answers."""

import torch

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.oracle import apart
from ravine.doctor.pipeline import absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit

BATCHES = 8
MOST_STEPS = 32
EACH = 20
"""Rows that each landscape should have before they are counted: all of ten are then missed once in 5e7 times."""


def split_answers(bench: Bench, split: str, size: int) -> torch.Tensor:
    """Return answers of a split, from a fixed seed."""
    return bench.pipeline.task().sample(size, torch.Generator().manual_seed(11), split).y


@check(
    "D519",
    "training problems come from the training split",
    "sample training batches from the first split alone, and harder ones for tests only",
)
def of_training(bench: Bench) -> Outcome:
    """Compare the mean square of training answers, and of their log, with the training split's."""
    task, pipeline = bench.pipeline.task(), bench.pipeline.fresh()
    drawn = torch.cat([pipeline.training_problems().y.cpu() for _ in range(BATCHES)])
    declared = split_answers(bench, task.splits[0], 2000)
    a, b = (t.flatten(1).square().mean(1).double().log() for t in (drawn, declared))
    z = float((a.mean() - b.mean()) / (a.var() / len(a) + b.var() / len(b)).sqrt())
    return judged(abs(z) < limit("data moment"), "the training answers are of another split", z=z, problems=len(a))


@check(
    "D520",
    "test sets are fixed, and apart from the training's problems",
    "seed test sets by name, never by the run, and draw them from generators of their own",
)
def fixed(bench: Bench) -> Outcome:
    """Compare the test sets' hashes for two seeds, and look for a training problem that one seed draws twice."""
    one = bench.pipeline.fresh(seed=1)
    hashes = one.test_hashes(), bench.pipeline.fresh(seed=2).test_hashes()
    moved = [name for name in hashes[0] if hashes[0][name] != hashes[1][name]]
    before = one.fresh(seed=1).training_problems().y
    one.test_hashes()
    after = one.training_problems().y
    shifted = apart(after, before) > 1e-6
    return judged(
        not moved and not shifted, "tests hang on the run", changed_sets=len(moved), training_stream_moved=shifted
    )


@check(
    "D522",
    "the solver's bound leaves the answers in reach",
    "solve with the task's bound for solving, not with the one for training",
)
def in_reach(bench: Bench) -> Outcome:
    """Let the solver start from problems whose answers are large, and measure the error that its bound forces."""
    task, floors = bench.pipeline.task(), {}
    bound = bench.pipeline.solve_bound()
    for split in task.splits:
        y = split_answers(bench, split, 1000)
        floors[split] = float((y.abs() - bound).clamp(min=0).square().mean() / y.square().mean())
    return judged(
        max(floors.values()) < limit("clipping floor"), "answers are cut off", bound=bound, floor_by_split=floors
    )


@check(
    "D524",
    "training draws every landscape",
    "draw k for each row from all landscapes, 0 and the last one included",
    rests_on=("D101",),
)
def every_landscape(bench: Bench) -> Outcome:
    """Count the landscapes of the rows that are mined, until each should have come twenty times."""
    pipeline, levels = bench.at_work(), len(bench.landscapes)
    counts = torch.zeros(levels, dtype=torch.int64)
    for _ in range(MOST_STEPS):
        seen = pipeline.step().arms
        if seen is None:
            absent("its training step does not show the landscapes of its rows")
        for arm in seen.values():
            counts += torch.bincount(arm.k.cpu(), minlength=levels)
        if int(counts.sum()) >= EACH * levels:
            break
    else:
        absent("too few rows are mined to count them")
    return judged(int(counts.min()) > 0, "some never come", rows_by_landscape=counts.tolist())
