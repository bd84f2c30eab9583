"""Entries that a problem gives are held: never noised, never moved, never overwritten."""

from contextlib import suppress

import torch

from ravine.batch import Batch
from ravine.doctor.bench import SEED, Bench
from ravine.doctor.finding import Outcome, below, judged
from ravine.doctor.pipeline import NotOffered, absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit
from ravine.errors import MiningError

EVERY = 3
"""Of a task that gives nothing every so-many-th cell is given."""


@check(
    "D315",
    "given entries stay as they are",
    "pass the mask on to noising, mining and solving",
    rests_on=("D309",),
    explains=MiningError,
)
def held(bench: Bench) -> Outcome:
    """Noise given entries and look for it in the loss, in what is mined and in what is solved."""
    if not bench.pipeline.holds_given:
        absent("no entries are ever given")
    batch, settings = with_given(bench), bench.settings()
    given = ~batch.unknown
    found: dict[str, float] = {}
    for arm in bench.arms:
        proposals = bench.pipeline.proposals(arm, batch, bench.k, SEED)
        negatives = bench.pipeline.mine(arm, batch, bench.k, proposals, SEED).negatives.detach()
        found[f"{arm}: moved"] = float(((negatives - batch.y[:, None]).abs() * given[:, None]).max())
        totals = [
            float(bench.pipeline.loss(batch, bench.k, eps, arm, proposals, settings).total.detach())
            for eps in (bench.eps, torch.where(given, bench.eps + 3, bench.eps))
        ]
        found[f"{arm}: noised"] = abs(totals[1] - totals[0]) / max(abs(totals[0]), 1e-12)
    with suppress(NotOffered):
        solved = bench.pipeline.solve(batch.problems(), bench.normal((1, *batch.y.shape), "starts")).answer
        found["overwritten"] = float(((solved - batch.y).abs() * given).max())
    return judged(below(found, limit("held")), "given entries are moved or noised", **found)


def with_given(bench: Bench) -> Batch:
    """Return the bench's problems; where they give nothing, with every third cell of the answer given."""
    batch = bench.batch
    if batch.given is not None:
        return batch
    cells = bench.space.cells(torch.ones_like(batch.y, dtype=torch.bool))
    mask = torch.arange(cells.shape[1], device=bench.device) % EVERY == 0
    return Batch(batch.x, batch.y, bench.space.spread(mask.expand_as(cells), batch.y).clone())
