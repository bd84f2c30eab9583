"""Random controls: random indeed, and at their partners' cost."""

from contextlib import suppress

import torch
from torch import Tensor

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.finding import Outcome, above, judged
from ravine.doctor.perturbed import jittered
from ravine.doctor.pipeline import NotOffered, Pipeline, need
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit

ALL = 1.0
"""Share of every weight's size that is moved: energies that have nothing in common."""
UNKNOWN = "its miner does not show its evaluations"


@check(
    "D409",
    "a random control does not look at the energy, and costs what its partner costs",
    "draw its directions before the energy is asked, and evaluate the energy as often as the arm it is held against",
    rests_on=("D309", "D509"),
)
def blind(bench: Bench) -> Outcome:
    """Mine from the same proposals with weights that have nothing in common, and count evaluations beside the partner's.

    Controls are the arms named random, and those whose pipeline has a partner of theirs. How far a control goes may
    hang on the energy, so that it goes as far as its partner; where to may not.
    """
    partners = {arm: partner for arm in bench.arms if (partner := partner_of(bench.pipeline, arm)) is not None}
    controls = need([a for a in bench.arms if a.startswith("random") or a in partners] or None, "no random control")
    cosines, costs = {}, {}
    for arm in controls:
        mined = bench.pipeline.mine(arm, bench.batch, bench.k, bench.proposals(arm), SEED)
        with jittered(bench.pipeline, ALL):
            other = bench.pipeline.mine(arm, bench.batch, bench.k, bench.proposals(arm), SEED)
        cosines[arm] = alike(
            *(found.negatives - bench.proposals(arm)[:, : found.negatives.shape[1]] for found in (mined, other))
        )
        if arm in partners:
            guided = partners[arm].mine(arm, bench.batch, bench.k, bench.proposals(arm), SEED)
            costs[arm] = [need(found.evaluations, UNKNOWN) for found in (mined, guided)]
    evidence = {"cosine_of_ways": cosines, "evaluations_control_partner": costs}
    if not above(cosines, limit("random way")):
        return Outcome("fail", evidence, "where a random control goes hangs on the energy")
    unequal = [arm for arm, (ours, theirs) in costs.items() if ours != theirs]
    return judged(not unequal, "a random control has another cost than its partner", **evidence)


def alike(one: Tensor, other: Tensor) -> float:
    """Return the median cosine of problems' ways, 1 where neither goes anywhere."""
    ways = [way.flatten(1) for way in (one, other)]
    nowhere = (ways[0] == 0).all(1) & (ways[1] == 0).all(1)
    return float(torch.where(nowhere, 1.0, torch.nn.functional.cosine_similarity(*ways, dim=1)).median())


def partner_of(pipeline: Pipeline, arm: str) -> Pipeline | None:
    """Return the pipeline in which a control goes where the energy leads, if it is one."""
    with suppress(NotOffered):
        return pipeline.partner(arm)
    return None
