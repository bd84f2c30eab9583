"""Random controls: random indeed."""

import torch
from torch import Tensor

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.finding import Outcome, below, judged
from ravine.doctor.pipeline import need
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit


@check(
    "D409",
    "a random control does not use the energy",
    "draw its directions without evaluating the energy",
    rests_on=("D309",),
)
def blind(bench: Bench) -> Outcome:
    """Mine twice from the same proposals, with other random numbers: by the arms whose names begin with random.

    Where the energy leads is the same place twice; a control goes nowhere, or to two places.
    """
    cosines = {}
    for arm in need([arm for arm in bench.arms if arm.startswith("random")] or None, "no random control"):
        start = bench.proposals(arm)
        mined, again = (bench.pipeline.mine(arm, bench.batch, bench.k, start, SEED + i) for i in range(2))
        cosines[arm] = alike(*(found.negatives - start[:, : found.negatives.shape[1]] for found in (mined, again)))
    return judged(below(cosines, limit("random way")), "its direction depends on the energy", cosine_of_ways=cosines)


def alike(one: Tensor, other: Tensor) -> float:
    """Return the mean cosine of problems' ways, 0 where they go nowhere."""
    return float(torch.nn.functional.cosine_similarity(one.flatten(1), other.flatten(1), dim=1).mean())
