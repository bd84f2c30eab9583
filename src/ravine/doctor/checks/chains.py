"""Persistent chains: they go on from where they ended, and some of them begin anew."""

import math
from contextlib import suppress

from torch import Tensor

from ravine.batch import Batch
from ravine.doctor.bench import SEED, Bench
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.pipeline import NotOffered, Pipeline, need
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit

DRAWS = 24
"""Draws of a step's proposals over which restarts are counted."""


@check(
    "D320",
    "persistent chains go on from where they ended, and restart as often as configured",
    "remember a chain's newest state after every step, under its problem's own number, and draw who begins anew",
    rests_on=("D104", "D309"),
)
def persistent(bench: Bench) -> Outcome:
    """Draw the first step's proposals many times, before and after that step.

    What the draws of one problem have in common is its chain; it must be another one after the step.
    """
    before, after = bench.at_work(), bench.at_work()
    batch, found, holds = before.training_problems(), {}, True
    after.step()
    for arm, share in restarts(bench).items():
        k = bench.k[: len(batch)]
        first = proposed(before, arm, batch, k, 0)
        others = [far(proposed(before, arm, batch, k, seed), first) for seed in range(1, DRAWS)]
        anew = sum(float(other.double().mean()) for other in others) / len(others)
        moved = float(far(proposed(after, arm, batch, k, 0), first).double().mean())
        # Two draws differ where either of them begins anew.
        wanted = 1 - (1 - share) ** 2
        slack = limit("sampling") * math.sqrt(max(wanted * (1 - wanted), 1e-4) / len(batch)) + 1 / len(batch)
        holds &= abs(anew - wanted) < slack and (anew > 0 or share == 0) and moved > 0
        found[arm] = {"restart": share, "draws_that_differ": anew, "wanted": wanted, "moved_by_a_step": moved}
    return judged(holds, "chains never move, or do not restart as configured", **found)


def restarts(bench: Bench) -> dict[str, float]:
    """Return the share of chains that begin anew, of every arm that has chains."""
    found = {}
    for arm in bench.arms:
        with suppress(NotOffered):
            found[arm] = bench.pipeline.restart(arm)
    return need(found or None, "no arm has persistent chains")


def proposed(pipeline: Pipeline, arm: str, batch: Batch, k: Tensor, seed: int) -> Tensor:
    """Return the first proposal for every problem, flat."""
    return pipeline.proposals(arm, batch, k, SEED + seed)[:, 0].flatten(1)


def far(a: Tensor, b: Tensor) -> Tensor:
    """Return which rows differ by more than a rounding."""
    return ~((a - b).abs().amax(1) <= limit("rounding") * b.abs().amax(1).clamp(min=1e-12))
