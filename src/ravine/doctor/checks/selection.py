"""Hard-negative selection: candidates and weight are used, the choice is the one a plain loop makes."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.checks.refinement import candidates, mined_with
from ravine.doctor.finding import Outcome, below, judged
from ravine.doctor.oracle import apart, distances, picked
from ravine.doctor.pipeline import Mining, NotOffered, Recipe, absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit

COUNT = 6
WEIGHT = 3.0
"""Of the distance: far from 1, so that a weight that is not used shows."""


def choosing(bench: Bench) -> list[tuple[str, Recipe]]:
    """Return the arms that choose by energy, or the first arm made to, where recipes can be changed."""
    found = [(arm, bench.pipeline.recipe(arm)) for arm in bench.arms]
    chosen = [(arm, recipe) for arm, recipe in found if known(recipe)]
    return chosen or [(bench.arms[0], lowest(found[0][1]))]


def known(recipe: Recipe) -> bool:
    """Return whether a recipe chooses by something that can be computed again."""
    return recipe.selection in {"lowest", "most-deceptive"} or (recipe.selection == "own" and recipe.score is not None)


def lowest(recipe: Recipe) -> Recipe:
    """Return the recipe with the lowest energy of several candidates chosen."""
    return with_selection(recipe, COUNT, "lowest", 0.0)


def with_selection(recipe: Recipe, count: int, selection: Any, weight: float) -> Recipe:
    """Return the recipe with another selection."""
    return replace(recipe, candidates=count, selection=selection, weight=weight, score=None)


def mined(bench: Bench, arm: str, recipe: Recipe) -> Mining:
    """Return what an arm mines by a recipe, its own or another."""
    return bench.mined(arm) if recipe == bench.pipeline.recipe(arm) else mined_with(bench, arm, recipe)


@check(
    "D401",
    "every problem is given as many candidates as configured",
    "pass the number of candidates on to the proposals, and let selection see all of them",
)
def counted(bench: Bench) -> Outcome:
    """Count each problem's proposals, and the different candidates that unrefined wrong answers become."""
    bench.several()
    counts = {}
    for arm in bench.arms:
        recipe, proposals = bench.pipeline.recipe(arm), bench.proposals_or_none(arm)
        counts[arm] = [recipe.candidates, candidates(bench.mined(arm)).shape[1]]
        counts[arm] += [] if proposals is None else [proposals.shape[1]]
    with suppress(NotOffered):  # other numbers of candidates can be asked for where recipes can be changed
        for arm, recipe in choosing(bench):
            for count in {recipe.candidates, COUNT - 2}:
                counts[f"{arm}, {count}"] = tried(bench, arm, unrefined(recipe, count))
    holds = all(len(set(numbers)) == 1 for numbers in counts.values())
    return judged(holds, "candidates are missing or alike", configured_proposed_present_different=counts)


def tried(bench: Bench, arm: str, recipe: Recipe) -> list[int]:
    """Return how many candidates a recipe asks for, are proposed, are there, and are different."""
    pipeline = bench.pipeline.fresh(recipe=(arm, recipe))
    proposed = pipeline.proposals(arm, bench.batch, bench.k, SEED).shape[1]
    found = candidates(mined_with(bench, arm, recipe, pipeline))
    others = (found[:, 1:] - found[:, :1]).flatten(2).abs().amax(2) > 0 if found.shape[1] > 1 else found.new_zeros(1, 1)
    return [recipe.candidates, proposed, found.shape[1], int(others.sum(1).median()) + 1]


def unrefined(recipe: Recipe, count: int) -> Recipe:
    """Return the recipe with another number of candidates, and without refinement."""
    return replace(recipe, steps=0, radius=None, candidates=count)


@check(
    "D403",
    "selection equals brute force",
    "score (b, m) energies with (b, m) distances, row by row; a (b, 1) with a (b,) becomes (b, b)",
    rests_on=("D309", "D401", "D406", "D505"),
)
def brute_force(bench: Bench) -> Outcome:
    """Choose with a plain loop over rows, from the candidates' energies computed anew, and compare scores."""
    lost = {}
    for arm, recipe in both_kinds(bench):
        found = mined(bench, arm, recipe)
        among = candidates(found)
        anew = bench.energies_of(among)
        # Where candidates' energies differ by roundings alone, the choice follows those that the miner saw.
        known = found.energies is not None and apart(found.energies, anew) < 10 * limit("rounding")
        energies = (found.energies if known and found.energies is not None else anew).double().cpu().numpy()
        far = distances(among, bench.batch.y).double().cpu().numpy()
        scores = picked(energies, far, recipe)
        spread = np.ptp(scores, axis=1).clip(min=1e-12)
        index = index_of(found.negatives[:, 0], among)
        taken = np.where(index < 0, np.nan, scores[np.arange(len(scores)), index])
        # Scores equal to a rounding may be told apart either way.
        missed = ~(scores.max(1) - taken <= 1e-2 * spread)
        # Standardised, energies that differ by roundings alone are noise, and no oracle knows another's roundings.
        size = np.maximum(np.abs(energies).max(1), np.abs(energies).mean())
        telling = np.ptp(energies, axis=1) > limit("telling spread") * size
        telling &= np.ptp(far, axis=1) > limit("telling spread") * far.max(1)
        telling |= ~np.isfinite(scores).all(1)
        counted = np.ones_like(telling) if recipe.selection == "lowest" else telling
        if counted.any():
            lost[f"{arm}, {recipe.selection}"] = float(missed[counted].mean())
    if not lost:
        absent("the candidates' energies differ by roundings alone")
    return judged(not any(lost.values()), "other candidates are chosen", share_of_other_choices=lost)


def both_kinds(bench: Bench) -> list[tuple[str, Recipe]]:
    """Return the arms that choose, and the first of them by distance too, where that can be configured."""
    chosen = choosing(bench)
    if any(recipe.selection == "most-deceptive" for _, recipe in chosen):
        return chosen
    arm, recipe = chosen[0]
    other = (arm, with_selection(recipe, COUNT, "most-deceptive", WEIGHT))
    with suppress(NotOffered):
        bench.pipeline.fresh(recipe=other)
        return [*chosen, other]
    return chosen


def index_of(negatives: Tensor, among: Tensor) -> Any:
    """Return which candidate each negative is, -1 where it is none of its own row's."""
    far = (among - negatives[:, None]).flatten(2).abs().amax(2)
    size = among.flatten(2).abs().amax(2).amax(1)
    nearest = far.argmin(1)
    return torch.where(far.amin(1) <= 1e-4 * size, nearest, -1).cpu().numpy()


@check(
    "D405",
    "chosen negatives are harder than a random pick",
    "choose by the energies of the candidates that are returned",
    rests_on=("D301", "D309", "D401", "D406", "D512"),
)
def beats_chance(bench: Bench) -> Outcome:
    """Compare the chosen energies with the mean of their candidates, in standard errors over problems."""
    bench.several()
    scores = {}
    for arm, recipe in choosing(bench):
        found = mined(bench, arm, with_selection(recipe, max(recipe.candidates, 2), "lowest", 0.0))
        energies = bench.energies_of(candidates(found)).double()
        chosen = bench.energies_of(found.negatives).double()[:, 0]
        gain = (chosen - energies.mean(1)) / energies.std(1).clamp(min=1e-12)
        scores[arm] = float(gain.mean() / (gain.std() / len(gain) ** 0.5).clamp(min=1e-12))
    return judged(below(scores, limit("random pick")), "no better than chance", z_below_mean=scores)
