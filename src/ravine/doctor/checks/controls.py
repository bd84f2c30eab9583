"""Random controls: random indeed, and at their partners' cost."""

from contextlib import suppress

import torch
from torch import Tensor

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.finding import Outcome, below, judged
from ravine.doctor.pipeline import NotOffered, Pipeline, need
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit

UNKNOWN = "its miner does not show its evaluations"


@check(
    "D409",
    "a random control does not look at the energy, and costs what its partner costs",
    "draw its directions before the energy is asked, and evaluate the energy as often as the arm it is held against",
    rests_on=("D309",),
)
def blind(bench: Bench) -> Outcome:
    """Mine twice from the same proposals, with other random numbers, and count evaluations beside the partner's.

    Controls are the arms named random, and those whose pipeline has a partner of theirs. Where the energy leads is the
    same place twice; a control goes nowhere, or to two places. How far may hang on the energy.
    """
    partners = {arm: partner for arm in bench.arms if (partner := partner_of(bench.pipeline, arm)) is not None}
    controls = need([a for a in bench.arms if a.startswith("random") or a in partners] or None, "no random control")
    cosines, costs = {}, {}
    for arm in controls:
        start = bench.proposals(arm)
        mined, again = (bench.pipeline.mine(arm, bench.batch, bench.k, start, SEED + i) for i in range(2))
        cosines[arm] = alike(*(found.negatives - start[:, : found.negatives.shape[1]] for found in (mined, again)))
        if arm in partners:
            guided = partners[arm].mine(arm, bench.batch, bench.k, start, SEED)
            costs[arm] = [need(found.evaluations, UNKNOWN) for found in (mined, guided)]
    evidence = {"cosine_of_ways": cosines, "evaluations_control_partner": costs}
    if not below(cosines, limit("random way")):
        return Outcome("fail", evidence, "where a random control goes hangs on the energy")
    unequal = [arm for arm, (ours, theirs) in costs.items() if ours != theirs]
    return judged(not unequal, "a random control has another cost than its partner", **evidence)


def alike(one: Tensor, other: Tensor) -> float:
    """Return the mean cosine of problems' ways, 0 where they go nowhere."""
    return float(torch.nn.functional.cosine_similarity(one.flatten(1), other.flatten(1), dim=1).mean())


def partner_of(pipeline: Pipeline, arm: str) -> Pipeline | None:
    """Return the pipeline in which a control goes where the energy leads, if it is one."""
    with suppress(NotOffered):
        return pipeline.partner(arm)
    return None
