"""Entries that a problem gives are held: never noised, never moved, never scored."""

import torch

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.checks.contrast import with_given
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.pipeline import absent
from ravine.doctor.registry import check


@check(
    "D315",
    "given entries are held",
    "pass the mask on to noising, mining and the loss",
    rests_on=("D309",),
)
def held(bench: Bench) -> Outcome:
    """Give a third of the entries: mining must not move them, and their noise must not reach the loss."""
    if not bench.pipeline.holds_given:
        absent("no entries are ever given")
    batch, settings = with_given(bench), bench.settings()
    given = torch.ones_like(batch.y, dtype=torch.bool) if batch.given is None else batch.given
    moved, changed = {}, {}
    for arm in bench.arms:
        proposals = bench.pipeline.proposals(arm, batch, bench.k, SEED)
        found = bench.pipeline.mine(arm, batch, bench.k, proposals, SEED).negatives
        moved[arm] = float(((found.detach() - batch.y[:, None]).abs() * given[:, None]).max())
        other = torch.where(given, bench.eps + 1, bench.eps)
        totals = [
            float(bench.pipeline.loss(batch, bench.k, eps, arm, proposals, settings).total.detach())
            for eps in (bench.eps, other)
        ]
        changed[arm] = abs(totals[1] - totals[0]) / max(abs(totals[0]), 1e-12)
    holds = max(moved.values()) < 1e-5 and max(changed.values()) < 1e-4
    return judged(holds, "given entries are moved, noised or scored", moved=moved, loss_change=changed)
