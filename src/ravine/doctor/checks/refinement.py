"""Refinement: does it make negatives harder?"""

import torch
from torch import Tensor

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, above, below, judged
from ravine.doctor.pipeline import absent, need
from ravine.doctor.registry import check
from ravine.doctor.shown import Mining, Recipe
from ravine.doctor.thresholds import limit


def refining(bench: Bench) -> list[tuple[str, Recipe]]:
    """Return the arms that refine, with their recipes."""
    chosen = [(arm, recipe) for arm, recipe in bench.recipes if recipe.steps > 0]
    return need(chosen or None, "no arm refines its proposals")


def candidates(mined: Mining) -> Tensor:
    """Return what the miner chose from."""
    return need(mined.candidates, "its miner does not show its candidates")


@check(
    "D301",
    "refined negatives have lower energy than proposed ones",
    "step against the energy's gradient, keep a step only where the energy does not rise, and return what was refined",
    cheap=True,
    rests_on=("D305", "D309", "D401", "D407", "D502", "D503"),
)
def falls(bench: Bench) -> Outcome:
    """Compare energies before and after refinement, row by row, with the energy itself."""
    shares, drops, lower = {}, {}, {}
    for arm, recipe in refining(bench):
        proposals = bench.proposals(arm)
        if recipe.radius is not None:
            continue  # brought inside the radius first, a proposal starts elsewhere
        found = bench.mined(arm)
        refined = found.negatives if recipe.selection == "only" else candidates(found)
        bound = bench.pipeline.bound
        starts = (proposals, proposals.clamp(-bound, bound))  # what begins outside is brought inside on the way
        before, after = torch.maximum(*map(bench.energies_of, starts)), bench.energies_of(refined)
        slack = limit("rounding") * before.abs() + 1e-6
        shares[arm] = float((after > before + slack).float().mean())
        drops[arm] = float((before - after).mean() / before.abs().mean().clamp(min=1e-12))
        right = bench.energy(bench.scaled(bench.batch.y, bench.k))
        lower[arm] = float((after < right[:, None]).float().mean())
    if not shares:
        absent("refinement within a radius starts from other points than its proposals")
    holds = below(shares, limit("rising rows")) and above(drops, 0)
    if any(bench.pipeline.recipe(arm).keep == "all" or bench.pipeline.recipe(arm).noise for arm in shares):
        holds = above(drops, 0)
    return judged(
        holds, "refinement raises energies", rising_rows=shares, relative_drop=drops, below_right_answers=lower
    )
