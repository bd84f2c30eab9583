"""Refinement: does it make negatives harder, in the right direction, by the right steps, at the right landscape?"""

import itertools
from contextlib import suppress
from dataclasses import replace

import torch
from torch import Tensor

from ravine.doctor.bench import SEED, Bench
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.oracle import apart, descended
from ravine.doctor.pipeline import Mining, NotOffered, Pipeline, Place, Recipe, absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit


def refining(bench: Bench) -> list[tuple[str, Recipe]]:
    """Return the arms that refine, with their recipes."""
    found = [(arm, bench.pipeline.recipe(arm)) for arm in bench.arms]
    chosen = [(arm, recipe) for arm, recipe in found if recipe.steps > 0]
    if not chosen:
        absent("no arm refines its proposals")
    return chosen


def candidates(mined: Mining) -> Tensor:
    """Return what the miner chose from."""
    if mined.candidates is None:
        absent("its miner does not show its candidates")
    return mined.candidates


def mined_with(bench: Bench, arm: str, recipe: Recipe, pipeline: Pipeline | None = None) -> Mining:
    """Return what an arm mines from the doctor's own wrong answers with another recipe."""
    made = pipeline or bench.pipeline.fresh(recipe=(arm, recipe))
    return made.mine(arm, bench.batch, bench.k, bench.wrong(recipe.candidates), SEED)


@check(
    "D301",
    "refined negatives have lower energy than proposed ones",
    "step against the energy's gradient, and keep a step only where the energy does not rise",
    cheap=True,
    rests_on=("D305", "D309", "D502", "D503", "D509"),
)
def falls(bench: Bench) -> Outcome:
    """Compare energies before and after refinement, row by row, with the energy itself."""
    shares, drops, below = {}, {}, {}
    for arm, recipe in refining(bench):
        proposals = bench.proposals(arm)
        if recipe.radius is not None:
            continue  # brought inside the radius first, a proposal starts elsewhere
        before, after = bench.energies_of(proposals), bench.energies_of(candidates(bench.mined(arm)))
        slack = limit("rounding") * before.abs() + 1e-6
        shares[arm] = float((after > before + slack).float().mean())
        drops[arm] = float((before - after).mean() / before.abs().mean().clamp(min=1e-12))
        right = bench.energy(bench.scaled(bench.batch.y, bench.k))
        below[arm] = float((after < right[:, None]).float().mean())
    if not shares:
        absent("refinement within a radius starts from other points than its proposals")
    holds = max(shares.values()) <= limit("rising rows") and min(drops.values()) > 0
    if any(bench.pipeline.recipe(arm).keep == "all" for arm in shares):
        holds = min(drops.values()) > 0
    return judged(
        holds, "refinement raises energies", rising_rows=shares, relative_drop=drops, below_right_answers=below
    )


@check(
    "D302",
    "harder recipes mine lower energies",
    "give the recipe's steps to the descent, and return what was refined, not what was proposed",
    rests_on=("D301", "D305", "D309"),
)
def harder(bench: Bench) -> Outcome:
    """Compare proposals, refined candidates and, where all of these are used, the negatives."""
    order = {}
    holds = True
    for arm in bench.arms:
        recipe, mined = bench.pipeline.recipe(arm), bench.mined(arm)
        easy, middle = (bench.energies_of(p).mean() for p in (bench.proposals(arm), candidates(mined)))
        hard = bench.energies_of(mined.negatives).mean()
        order[arm] = [float(easy), float(middle), float(hard)]
        size = max(abs(v) for v in order[arm]) * limit("same energy")
        if recipe.steps > 0 and recipe.radius is None:
            holds &= bool(middle <= easy + size)
        if recipe.selection == "only":
            holds &= bool(abs(hard - middle) <= size)
    return judged(holds, "an easier stage has lower energies", proposed_refined_chosen=order)


@check(
    "D402",
    "refinement takes the configured number of steps",
    "pass the recipe's steps on to the descent",
    rests_on=("D301", "D509"),
)
def steps_used(bench: Bench) -> Outcome:
    """Mine with no, with the configured, and with more steps: each must end elsewhere, no steps where it started."""
    arm, recipe = refining_or_first(bench)
    distances = {}
    for steps in (0, 1, recipe.steps + 3):
        changed = replace(recipe, steps=steps, radius=None)
        made = bench.pipeline.fresh(recipe=(arm, changed))
        found = candidates(mined_with(bench, arm, changed, made))
        distances[steps] = (found - bench.wrong(recipe.candidates)).square().mean().sqrt()
    moved = [float(d) for d in distances.values()]
    effect = limit("effect")
    holds = moved[0] <= effect and moved[1] > effect and abs(moved[2] - moved[1]) > effect * moved[1]
    return judged(
        holds,
        "the number of steps makes no difference",
        moved_by_steps=dict(zip(map(str, distances), moved, strict=True)),
    )


def refining_or_first(bench: Bench) -> tuple[str, Recipe]:
    """Return the first arm that refines, else the first that mines."""
    try:
        return refining(bench)[0]
    except NotOffered:
        return bench.arms[0], bench.pipeline.recipe(bench.arms[0])


@check(
    "D512",
    "training steps and solving steps are the step that is configured",
    "use eta of each row's own landscape and a step scale that nothing overwrites, in both places",
    rests_on=("D301", "D402", "D502"),
)
def same_step(bench: Bench) -> Outcome:
    """Follow one, two and three steps of both descents with the doctor's own."""
    start = bench.scaled(bench.batch.y, bench.k) + 0.1 * bench.normal(bench.batch.y.shape, "starts") * bench.scaled(
        torch.ones_like(bench.batch.y), bench.k
    )
    limit_of = bench.scaled(torch.full_like(start, 0.9 * min(bounds(bench, "solving"))), bench.k)
    start = torch.minimum(torch.maximum(start, -limit_of), limit_of)
    places: tuple[Place, ...] = ("mining", "solving")
    off = {f"{place}, {steps}": far for place in places for steps, far in differences(bench, place, start).items()}
    return judged(
        max(off.values()) < 30 * limit("rounding"), "steps differ from eta times the gradient", difference=off
    )


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
    pipeline, batch = bench.pipeline, bench.batch
    return descended(
        bench.energy, lambda y: pipeline.gradient(batch.x, y, bench.k), start, bench.k, bench.landscapes, recipe, bound
    )


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
    return judged(max(off.values()) < 10 * limit("rounding"), "candidates differ from the recipe's", difference=off)


def outside_radius(bench: Bench, arm: str, radius: float) -> float:
    """Return by how much candidates lie outside their radius round the right answer, relative to it."""
    found = candidates(bench.mined(arm))
    spread = bench.batch.y.flatten(1).square().mean(1).sqrt()[:, None]
    distance = (found - bench.batch.y[:, None]).flatten(2).square().mean(2).sqrt()
    return float((distance / (radius * spread) - 1).clamp(min=0).max())
