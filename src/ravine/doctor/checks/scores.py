"""Scores problem by problem."""

import torch

from ravine.batch import per_problem
from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.oracle import apart
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit


@check(
    "D521",
    "each prediction is scored against its own answer",
    "subtract answers of the same shape; a missing dimension scores one problem against all",
)
def own_answer(bench: Bench) -> Outcome:
    """Score predictions, one of them right, and compare with a loop over problems."""
    batch = bench.batch
    prediction = batch.y + 0.1 * per_problem(torch.arange(len(batch), device=bench.device), batch.y)
    found = bench.pipeline.task().scores(batch, prediction).mse
    wanted = torch.stack([(p - y).square().mean() for p, y in zip(prediction, batch.y, strict=True)])
    off = apart(found, wanted)
    return judged(
        off < limit("rounding"),
        "scores are of other pairs",
        difference=off,
        right_scored_as=float(found[0]) if found.numel() else -1.0,
    )
