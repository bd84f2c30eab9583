"""The descent itself: the configured step, in mining and in solving, and candidates that are those of their recipe."""

import itertools
import math
from contextlib import suppress
from dataclasses import replace

import torch
from torch import Tensor

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.checks.refinement import candidates, refining
from ravine.doctor.finding import Outcome, below, judged, largest
from ravine.doctor.oracle import apart, descended, distances
from ravine.doctor.pipeline import NotOffered, Place, absent
from ravine.doctor.registry import check
from ravine.doctor.shown import Recipe
from ravine.doctor.thresholds import limit

DRAWS = 64
"""Draws of the noise of every problem's step."""


@check(
    "D512",
    "mining and solving take the configured descent step",
    "use eta of each row's own landscape and a step scale that nothing overwrites, in both places",
    rests_on=("D301", "D502"),
)
def same_step(bench: Bench) -> Outcome:
    """Follow one, two and three steps of both descents with the doctor's own."""
    start = bench.scaled(bench.batch.y, bench.k) + 0.1 * bench.moves("starts") * bench.scaled(
        torch.ones_like(bench.batch.y), bench.k
    )
    limit_of = bench.scaled(torch.full_like(start, 0.9 * min(bounds(bench, "solving"))), bench.k)
    inside = torch.minimum(torch.maximum(start, -limit_of), limit_of)
    start = torch.where(bench.free, inside, start)
    places: tuple[Place, ...] = ("mining", "solving")
    off = {f"{place}, {steps}": far for place in places for steps, far in differences(bench, place, start).items()}
    return judged(below(off, 30 * limit("rounding")), "steps differ from eta times the gradient", difference=off)


def slope_off(bench: Bench, place: Place, start: Tensor) -> float:
    """Return how far one noisy step's mean is from eta times the gradient, relative; `NotOffered` if noise drowns it.

    Noise has no mean along the gradient: a step's component there, over the gradient's own length, is 1.
    """
    batch, k = bench.batch.repeat(DRAWS), bench.k.repeat_interleave(DRAWS)
    moved, tried = bench.pipeline.descend(place, batch, start.repeat_interleave(DRAWS, 0), k, 1), list[float]()
    for scale in scales(bench):
        recipe = replace(stepping(bench), steps=1, step_scale=scale, keep="all")
        step = (followed(bench, start, recipe, math.inf) - start).repeat_interleave(DRAWS, 0).double()
        rest, square = moved - start.repeat_interleave(DRAWS, 0) - step, step.square().sum().clamp(min=1e-300)
        error = limit("sampling") * float((rest.square().mean() / square).sqrt())
        if not error > 0.5:
            tried.append(abs(float((rest * step).sum() / square)) - error)
    return min(tried) if tried else absent("the noise of its steps hides their direction")


def differences(bench: Bench, place: Place, start: Tensor) -> dict[int, float]:
    """Return how far one, two and three steps end from the doctor's, over the way that those went.

    A pipeline may show its descent with a step scale of 1 or with that of a recipe, and solve within a bound of its
    own: the nearest of these counts, the same one for every number of steps.
    """
    if stepping(bench).noise:
        return {1: slope_off(bench, place, start)}
    ends = {steps: bench.pipeline.descend(place, bench.batch, start, bench.k, steps) for steps in (1, 2, 3)}
    tried = []
    for scale, bound in itertools.product(scales(bench), bounds(bench, place)):
        recipes = {steps: replace(stepping(bench), steps=steps, step_scale=scale) for steps in ends}
        wanted = {steps: followed(bench, start, recipe, bound) for steps, recipe in recipes.items()}
        tried.append({steps: apart(ends[steps] - start, wanted[steps] - start) for steps in ends})
    return min(tried, key=worst)


def worst(far: dict[int, float]) -> float:
    """Return the largest difference, inf where one is no number."""
    most = largest(far.values())
    return most if most == most else math.inf


def stepping(bench: Bench) -> Recipe:
    """Return a recipe that steps as the first arm that refines does; by plain steps, kept where they fall, by default.

    Arms that step by different rules have to be shown one by one.
    """
    recipe = Recipe()
    with suppress(NotOffered):
        recipe = next((r for arm in bench.arms if (r := bench.pipeline.recipe(arm)).steps), recipe)
    if recipe.rule == "own":
        absent("its steps follow a rule that the doctor does not know")
    return Recipe(rule=recipe.rule, noise=recipe.noise, keep=recipe.keep if recipe.rule != "gradient" else "falling")


def scales(bench: Bench) -> list[float]:
    """Return the step scales that a descent may be shown with."""
    found = {1.0}
    with suppress(NotOffered):
        found |= {recipe.step_scale for _, recipe in bench.recipes}
    return sorted(found)


def bounds(bench: Bench, place: Place) -> list[float]:
    """Return the bounds within which a descent may be shown."""
    found = {bench.pipeline.bound}
    if place == "solving":
        with suppress(NotOffered):
            found.add(bench.pipeline.solve_bound())
    return sorted(found)


def followed(bench: Bench, start: Tensor, recipe: Recipe, bound: float) -> Tensor:
    """Return where the doctor's own descent by a recipe ends."""
    limits, given = bench.scaled(torch.full_like(start, bound), bench.k), bench.scaled(bench.batch.y, bench.k)

    def project(y: Tensor) -> Tensor:
        return torch.where(bench.free, torch.minimum(torch.maximum(y, -limits), limits), given)

    def gradient(y: Tensor) -> Tensor:
        return bench.pipeline.gradient(bench.batch.x, y, bench.k)

    return descended(bench.energy, gradient, project, start, bench.landscapes.step_size[bench.k], recipe)


@check(
    "D316",
    "each arm's refined candidates are those of its recipe",
    "refine at the landscape of the row, within the bound of that landscape, with the recipe's step scale",
    rests_on=("D301", "D407", "D502", "D512"),
)
def as_configured(bench: Bench) -> Outcome:
    """Refine each arm's proposals with the doctor's own descent."""
    off = {}
    for arm, recipe in refining(bench):
        if recipe.noise or recipe.rule == "own":
            continue
        if recipe.radius is not None:
            off[arm] = outside_radius(bench, arm, recipe.radius)
            continue
        proposals, found = bench.proposals(arm), bench.mined(arm)
        if bool((proposals.abs() > bench.pipeline.bound).any()):  # some bring in what begins outside, others drop it
            proposals = proposals.clamp(-bench.pipeline.bound, bench.pipeline.bound)
            found = bench.pipeline.mine(arm, bench.batch, bench.k, proposals, SEED)
        parts = []
        for i in range(proposals.shape[1]):
            end = followed(bench, bench.scaled(proposals[:, i], bench.k), recipe, bench.pipeline.bound)
            parts.append(end / bench.scaled(torch.ones_like(end), bench.k))
        far = (candidates(found) - torch.stack(parts, 1)).flatten(2).square().mean(2).sqrt()
        size = torch.stack(parts, 1).square().mean().sqrt()
        # A row whose two energies are equal to a rounding may be kept by one and refused by the other.
        off[arm] = float(far.flatten().quantile(0.9) / size)
    if not off:
        absent("its steps draw noise, or follow a rule that the doctor does not know")
    return judged(below(off, 10 * limit("rounding")), "candidates differ from the recipe's", difference=off)


def outside_radius(bench: Bench, arm: str, radius: float) -> float:
    """Return by how much candidates lie outside their radius round the right answer, relative to it."""
    found = candidates(bench.mined(arm))
    distance = distances(found, bench.batch.y)
    return float((distance / (radius * bench.spread[:, None]) - 1).clamp(min=0).max())
