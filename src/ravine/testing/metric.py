"""A conformance kit for metrics."""

import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.seeding import Seeds
from ravine.tasks.base import Task
from ravine.tasks.metrics.base import Metric
from ravine.testing.agreement import assert_agree
from ravine.testing.randomness import own_randomness

SIZE = 24
EXACT = 1e-6
SEEDS = Seeds(0, ("testing", "metric"))


def check_metric(metric: Metric, task: Task) -> None:
    """Run every check of the kit on a metric of the task's, on each of its splits."""
    for name in ("name", "label"):
        assert getattr(metric, name), f"the metric has no {name}"
    assert metric.better in ("lower", "higher"), f"{metric.name}: better is neither lower nor higher"
    assert metric.scale in ("ratio", "points"), f"{metric.name}: the scale is neither ratio nor points"
    for split in task.splits:
        batch = task.sample(SIZE, SEEDS.child(split).generator(), split, torch.float64)
        wrong = task.corrupt(batch, 0.5, SEEDS.child(split, "wrong").generator())
        with own_randomness():
            _check_values(metric, batch, wrong)
            _check_given(metric, batch, wrong)
            _check_decoded(metric, batch, task)


def _check_values(metric: Metric, batch: Batch, wrong: Tensor) -> None:
    """The metric is a finite number per problem, best where the answer is right, the same whatever stands beside it."""
    name, before = metric.name, wrong.clone()
    right, values = metric.values(batch, batch.y), metric.values(batch, wrong)
    assert torch.equal(wrong, before), f"{name} changed the answers"
    for found in (right, values, metric.values(batch, points(batch))):
        assert found.shape == (len(batch),), f"{name} has shape {tuple(found.shape)}, not one value per problem"
        assert found.is_floating_point(), f"{name} is {found.dtype}, not a number"
        assert found.isfinite().all(), f"{name} is not finite"
    off = float((right - metric.target).abs().max())
    assert off <= EXACT, f"{name} of right answers misses its target {metric.target:g} by {off:.3g}"
    lead = metric.target - values if metric.better == "higher" else values - metric.target
    assert (lead >= -EXACT).all(), f"{name} of a wrong answer is better than its target"
    assert (lead > EXACT).any(), f"{name} takes every wrong answer for a right one"
    half = slice(SIZE // 2, SIZE)
    part = metric.values(batch.rows(half), wrong[half])
    assert_agree(part, values[half], f"{name} depends on other problems")
    weights = metric.weights(batch)
    if weights is not None:
        assert weights.shape == (len(batch),), (
            f"{name}'s weights have shape {tuple(weights.shape)}, not one per problem"
        )
        assert ((weights >= 0) & weights.isfinite()).all(), f"{name} has a weight that is negative or not finite"


def _check_given(metric: Metric, batch: Batch, wrong: Tensor) -> None:
    """Given entries are not scored; `solved` may refuse an answer that contradicts them, and never favours one."""
    if batch.given is None:
        return
    moved = torch.where(batch.given, -batch.y + 0.5, wrong)
    held, free = metric.values(batch, batch.hold(wrong)), metric.values(batch, moved)
    if metric.name == "solved":
        assert (free <= held).all(), "solved: a wrong given entry makes an answer right"
    else:
        assert_agree(free, held, f"{metric.name} scores given entries")


def _check_decoded(metric: Metric, batch: Batch, task: Task) -> None:
    """A point of the annealing is solved where the answer that it stands for is."""
    if metric.name == "solved":
        raw = points(batch)
        read = metric.values(batch, batch.hold(task.space.decode(raw)))
        assert_agree(metric.values(batch, raw), read, f"{metric.name} judges points as they are, undecoded:")


def points(batch: Batch) -> Tensor:
    """Return points of the annealing: right answers noised, the given entries held."""
    noise = torch.randn(batch.y.shape, generator=SEEDS.child("noise").generator(), dtype=batch.y.dtype)
    return batch.hold(0.5 * batch.y + noise)
