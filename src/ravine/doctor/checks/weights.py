"""Gradients and steps in the weights: they reach every layer, in proportion, and the optimiser goes downhill."""

import torch
from torch import Tensor

from ravine.doctor.bench import Bench
from ravine.doctor.checks.supervision import open_settings
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.gradients import flat_gradients
from ravine.doctor.observed import observed
from ravine.doctor.perturbed import jittered
from ravine.doctor.pipeline import Pipeline, absent
from ravine.doctor.registry import check
from ravine.doctor.shown import Seen
from ravine.doctor.thresholds import limit

PATIENCE = 5
"""Steps within which a training is expected to move its weights."""


def names_of_moving(bench: Bench) -> list[str]:
    """Return the names of all floating-point parameters that a loss can depend on."""
    named = [(name, p) for name, p in bench.pipeline.model().named_parameters() if p.is_floating_point()]
    without = shifting(bench)
    return [name for name, _ in named if name not in without]


def shifting(bench: Bench) -> set[str]:
    """Return the names of parameters that move all energies of a landscape alike, such as the bias of a last layer.

    Differences of energies do not see them, nor do gradients in y: no loss depends on them, and none has to.
    """
    named = {name: p for name, p in bench.pipeline.model().named_parameters() if p.requires_grad}
    with jittered(bench.pipeline), torch.enable_grad():
        y = bench.y_k.detach().clone().requires_grad_()
        energies = bench.pipeline.energy(bench.batch.x, y, bench.k)
        force = torch.autograd.grad(energies.sum(), y, create_graph=True)[0].square().sum()
        differences = (balanced(bench) * energies).sum()
        found = [gradient_sizes(term, list(named.values())) for term in (energies.sum(), differences, force)]
    rounding = limit("rounding")
    return {
        name
        for name, whole, difference, forced in zip(named, *found, strict=True)
        if whole > 0 and difference <= rounding * whole and forced == 0
    }


def balanced(bench: Bench) -> Tensor:
    """Return a weight for each row; those of every landscape add up to zero."""
    drawn = bench.normal((bench.size,), "balanced")
    sums = torch.zeros(len(bench.landscapes), device=drawn.device).index_add(0, bench.k, drawn)
    counts = torch.bincount(bench.k, minlength=len(bench.landscapes))
    return drawn - (sums / counts)[bench.k]


def gradient_sizes(term: Tensor, parameters: list[Tensor]) -> list[float]:
    """Return the largest entry of a term's gradient in each parameter."""
    if not term.requires_grad:
        return [0.0] * len(parameters)
    found = torch.autograd.grad(term, parameters, retain_graph=True, allow_unused=True)
    return [0.0 if g is None or g.numel() == 0 else float(g.abs().max()) for g in found]


@check(
    "D506",
    "the contrastive gradient reaches every parameter",
    "look for frozen or detached layers, and for parameters that the energy never uses; fixed ones belong in a buffer",
    cheap=True,
    connects=True,
    rests_on=("D107", "D501", "D509"),
)
def reach(bench: Bench) -> Outcome:
    """With weights jittered, look for parameters without a gradient of the contrastive term."""
    arm, settings = bench.contrasting[0], open_settings(bench, bench.contrasting[0])
    with jittered(bench.pipeline):
        found = flat_gradients(bench.loss(arm, settings).contrast, bench.pipeline)
    names = names_of_moving(bench)
    without = [name for name in names if name not in found or not float(found[name].abs().max()) > 0]
    return judged(not without, "parameters without a gradient", parameters=len(names), without=without)


@check(
    "D507",
    "gradients neither vanish nor explode from layer to layer",
    "look at the layer's scale and at what follows it",
    connects=True,
    rests_on=("D506",),
)
def in_proportion(bench: Bench) -> Outcome:
    """With weights jittered, compare the layers' gradient norms of the total."""
    with jittered(bench.pipeline):
        found = flat_gradients(bench.loss(bench.arms[0]).total, bench.pipeline)
    norms = {name: float(found[name].double().norm()) for name in names_of_moving(bench) if name in found}
    largest = max(norms.values())
    smallest = min(norms, key=lambda name: norms[name])
    finite = all(torch.isfinite(g).all() for g in found.values())
    ratio = norms[smallest] / largest if largest > 0 else 0.0
    return judged(
        finite and ratio > limit("vanishing layer"),
        f"{smallest} is out of proportion",
        smallest_over_largest=ratio,
        largest=largest,
    )


@check(
    "D508",
    "training moves every parameter",
    "hand every parameter to the optimiser",
    connects=True,
    rests_on=("D503", "D509"),
)
def moves(bench: Bench) -> Outcome:
    """Take three steps from jittered weights, and look for parameters that stay."""
    pipeline, names = bench.at_work(), names_of_moving(bench)
    with jittered(pipeline):
        before = {name: p.detach().clone() for name, p in pipeline.model().named_parameters()}
        observed(pipeline, 3)
        now = dict(pipeline.model().named_parameters())
        still = [n for n in names if not float((now[n].detach() - before[n]).abs().max()) > 0]
    return judged(not still, "parameters that never move", parameters=len(before), still=still)


@check(
    "D304", "the optimiser steps against the gradient", "look for maximize=True or a flipped sign", True, connects=True
)
def downhill(bench: Bench) -> Outcome:
    """Compare the direction of the first step that moves with the gradient that the optimiser was given.

    A rate that begins at 0 moves nothing yet.
    """
    pipeline = bench.pipeline.fresh()
    pipeline.optimizer().state.clear()  # moments of steps before may lead elsewhere for a while
    moved, gradient = first_move(pipeline)
    cosine = float(torch.nn.functional.cosine_similarity(moved, gradient, dim=0))
    return judged(cosine < 0, "the step does not go downhill", cosine_of_step_and_gradient=cosine)


def first_move(pipeline: Pipeline) -> tuple[Tensor, Tensor]:
    """Return how the weights moved in the first step that moves them, or in the last one tried, and the gradient."""
    parameters = [p for p in pipeline.model().parameters() if p.requires_grad]
    before = torch.cat([p.detach().flatten().double() for p in parameters])
    for left in reversed(range(PATIENCE)):
        gradient = given(pipeline.step(), len(before))
        moved = torch.cat([p.detach().flatten().double() for p in parameters]) - before
        if moved.any() or not left:
            break
    return moved, gradient


def given(seen: Seen, entries: int) -> Tensor:
    """Return the gradient of all parameters that a step gave the optimiser."""
    if seen.gradient is None or len(seen.gradient) != entries:
        absent("its training step does not show the gradient of all parameters")
    return seen.gradient.double()
