"""The descent itself: the configured step, in mining and in solving, and candidates that are those of their recipe."""

import itertools
from contextlib import suppress

import torch
from torch import Tensor

from ravine.doctor.bench import Bench
from ravine.doctor.checks.refinement import candidates, refining
from ravine.doctor.finding import Outcome, below, judged
from ravine.doctor.oracle import apart, descended, distances
from ravine.doctor.pipeline import NotOffered, Place, Recipe
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit


@check(
    "D512",
    "training steps and solving steps are the step that is configured",
    "use eta of each row's own landscape and a step scale that nothing overwrites, in both places",
    rests_on=("D301", "D402", "D502"),
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


def differences(bench: Bench, place: Place, start: Tensor) -> dict[int, float]:
    """Return how far one, two and three steps end from the doctor's, over the way that those went.

    A pipeline may show its descent with a step scale of 1 or with that of a recipe, and solve within a bound of its
    own: the nearest of these counts, the same one for every number of steps.
    """
    ends = {steps: bench.pipeline.descend(place, bench.batch, start, bench.k, steps) for steps in (1, 2, 3)}
    tried = []
    for scale, bound in itertools.product(scales(bench), bounds(bench, place)):
        recipes = {steps: Recipe(steps=steps, step_scale=scale) for steps in ends}
        wanted = {steps: followed(bench, start, recipe, bound) for steps, recipe in recipes.items()}
        tried.append({steps: apart(ends[steps] - start, wanted[steps] - start) for steps in ends})
    return min(tried, key=lambda far: max(far.values()))


def scales(bench: Bench) -> list[float]:
    """Return the step scales that a descent may be shown with."""
    found = {1.0}
    with suppress(NotOffered):
        found |= {bench.pipeline.recipe(arm).step_scale for arm in bench.arms}
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
    rests_on=("D301", "D402", "D407", "D502", "D512"),
)
def as_configured(bench: Bench) -> Outcome:
    """Refine each arm's proposals with the doctor's own descent."""
    off = {}
    for arm, recipe in refining(bench):
        if recipe.radius is not None:
            off[arm] = outside_radius(bench, arm, recipe.radius)
            continue
        proposals, found = bench.proposals(arm), candidates(bench.mined(arm))
        parts = []
        for i in range(proposals.shape[1]):
            end = followed(bench, bench.scaled(proposals[:, i], bench.k), recipe, bench.pipeline.bound)
            parts.append(end / bench.scaled(torch.ones_like(end), bench.k))
        far = (found - torch.stack(parts, 1)).flatten(2).square().mean(2).sqrt()
        size = torch.stack(parts, 1).square().mean().sqrt()
        # A row whose two energies are equal to a rounding may be kept by one and refused by the other.
        off[arm] = float(far.flatten().quantile(0.9) / size)
    return judged(below(off, 10 * limit("rounding")), "candidates differ from the recipe's", difference=off)


def outside_radius(bench: Bench, arm: str, radius: float) -> float:
    """Return by how much candidates lie outside their radius round the right answer, relative to it."""
    found = candidates(bench.mined(arm))
    distance = distances(found, bench.batch.y)
    return float((distance / (radius * bench.spread[:, None]) - 1).clamp(min=0).max())
