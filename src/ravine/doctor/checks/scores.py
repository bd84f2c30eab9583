"""Scores problem by problem, of answers as the answer space reads them."""

from contextlib import suppress

import torch
from torch import Tensor

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, below, judged
from ravine.doctor.oracle import apart
from ravine.doctor.pipeline import NotOffered, absent, need
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit
from ravine.tasks.metrics.base import Metric

BLUR = 0.2
"""Standard deviation of what is added to answers that are then read back."""
STARTS = 4


def half_right(bench: Bench) -> Tensor:
    """Return answers, every second one of them right."""
    wrong = bench.wrong(1)[:, 0]
    rows = torch.arange(len(wrong), device=bench.device) % 2 == 0
    return torch.where(rows.reshape(-1, *[1] * (wrong.dim() - 1)), wrong, bench.batch.y)


@check(
    "D521",
    "each answer is scored against its own problem",
    "subtract answers of the same shape; a missing dimension scores one problem against all",
)
def own_answer(bench: Bench) -> Outcome:
    """Score answers, half of them right, by every metric of the task, at once and one problem at a time."""
    answers, rows = half_right(bench), [torch.tensor([row], device=bench.device) for row in range(bench.size)]

    def alone(metric: Metric) -> Tensor:
        return torch.cat([metric.values(bench.batch.rows(row), answers[row]) for row in rows])

    metrics = bench.pipeline.task().metrics()
    off = {metric.name: apart(metric.values(bench.batch, answers), alone(metric)) for metric in metrics}
    return judged(below(off, limit("rounding")), "scores are of other pairs", difference=off)


@check(
    "D525",
    "answers are read by the answer space before they are judged",
    "decode points before the verifier, a share of cells, or the energy that ranks several starts sees them",
)
def decoded(bench: Bench) -> Outcome:
    """Blur answers and score them raw and decoded; rank several starts by the energies of their decoded answers."""
    task, batch = bench.pipeline.task(), bench.batch
    raw = half_right(bench) + BLUR * bench.moves("blur")
    read = batch.hold(task.space.decode(raw))
    if torch.equal(read, raw):
        absent("answers are read as they are")
    shares = [metric for metric in task.metrics() if metric.scale == "points"]
    off = {m.name: float((m.values(batch, raw) - m.values(batch, read)).abs().max()) for m in shares}
    with suppress(NotOffered):
        off["ranking"] = misranked(bench)
    return judged(below(off, limit("rounding")), "points are judged as they are", difference=off)


def misranked(bench: Bench) -> float:
    """Return how far the energies that rank starts are from those of the decoded answers at the nearest landscape."""
    batch = bench.batch
    found = bench.pipeline.solve(batch.problems(), bench.normal((STARTS, *batch.y.shape), "starts"))
    starts, ranks = (need(part, "its solver does not show its starts") for part in (found.answers, found.energies))
    read = torch.stack([batch.hold(bench.space.decode(answers)) for answers in starts])

    def energies(level: int) -> Tensor:
        k = torch.full_like(bench.k, level)
        return torch.stack([bench.energy(bench.scaled(answers, k), k) for answers in read])

    ranked = min(apart(ranks, energies(level)) for level in range(len(bench.landscapes)))
    chosen = starts[ranks.argmin(0), torch.arange(bench.size, device=bench.device)]
    return ranked + apart(found.answer, chosen)
