"""Gradients and steps in the weights: they reach every layer, in proportion, and the optimiser goes downhill."""

import torch

from ravine.doctor.bench import Bench, flat_gradients, observed
from ravine.doctor.checks.supervision import open_settings
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.oracle import apart
from ravine.doctor.perturbed import jittered
from ravine.doctor.pipeline import absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit


def names_of_moving(bench: Bench) -> list[str]:
    """Return the names of all floating-point parameters."""
    return [name for name, p in bench.pipeline.model().named_parameters() if p.is_floating_point()]


@check(
    "D506",
    "the contrastive gradient reaches every parameter",
    "look for frozen or detached layers, and for parameters that the energy never uses",
    cheap=True,
    rests_on=("D107", "D501"),
)
def reach(bench: Bench) -> Outcome:
    """With weights jittered, look for parameters without a gradient of the contrastive term."""
    arm, settings = bench.arms[0], open_settings(bench, bench.arms[0])
    with jittered(bench.pipeline):
        found = flat_gradients(bench.loss(arm, settings).contrast, bench.pipeline)
    names = names_of_moving(bench)
    without = [name for name in names if name not in found or float(found[name].abs().max()) == 0]
    return judged(not without, "parameters without a gradient", parameters=len(names), without=without)


@check(
    "D507",
    "gradients neither vanish nor explode from layer to layer",
    "look at the layer's scale and at what follows it",
    rests_on=("D506",),
)
def in_proportion(bench: Bench) -> Outcome:
    """With weights jittered, compare the layers' gradient norms of the total."""
    with jittered(bench.pipeline):
        found = flat_gradients(bench.loss(bench.arms[0]).total, bench.pipeline)
    norms = {name: float(g.double().norm()) for name, g in found.items()}
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
    rests_on=("D101", "D503"),
)
def moves(bench: Bench) -> Outcome:
    """Take three steps from jittered weights, and look for parameters that stay."""
    pipeline = bench.pipeline.fresh()
    with jittered(pipeline):
        before = {name: p.detach().clone() for name, p in pipeline.model().named_parameters()}
        observed(pipeline, 3)
        still = [name for name, p in pipeline.model().named_parameters() if torch.equal(p.detach(), before[name])]
    return judged(not still, "parameters that never move", parameters=len(before), still=still)


@check(
    "D304",
    "the optimiser goes against the gradient",
    "minimise: look for maximize=True or a flipped sign",
    cheap=True,
    rests_on=("D101",),
)
def downhill(bench: Bench) -> Outcome:
    """Compare the first step's direction with the gradient that the optimiser was given."""
    pipeline = bench.pipeline.fresh()
    parameters = [p for p in pipeline.model().parameters() if p.requires_grad]
    before = torch.cat([p.detach().flatten().double() for p in parameters])
    seen = pipeline.step()
    if seen.gradient is None or len(seen.gradient) != len(before):
        absent("its training step does not show the gradient of all parameters")
    moved = torch.cat([p.detach().flatten().double() for p in parameters]) - before
    cosine = float(torch.nn.functional.cosine_similarity(moved, seen.gradient.double(), dim=0))
    return judged(cosine < 0, "the step goes uphill or nowhere", cosine_of_step_and_gradient=cosine)


@check(
    "D511",
    "the step does not depend on gradient accumulation",
    "divide each part's loss by the number of parts, and share one draw between them",
    rests_on=("D101", "D407", "D509"),
)
def accumulation(bench: Bench) -> Outcome:
    """Compare the gradient of one step in one, two and four parts."""
    found = {}
    for parts in (1, 2, 4):
        seen = bench.pipeline.fresh(accumulation=parts).step()
        if seen.gradient is None or seen.gradient_norm is None:
            absent("its training step does not show the gradient")
        found[parts] = (seen.gradient / seen.gradient.norm(), seen.gradient_norm)
    off = {str(parts): apart(unit, found[1][0]) for parts, (unit, _) in found.items()}
    norms = {str(parts): norm / found[1][1] for parts, (_, norm) in found.items()}
    holds = max(abs(n - 1) for n in norms.values()) < 0.02 and max(off.values()) < 1.0
    return judged(holds, "parts add up to another gradient", norm_over_one_part=norms, difference=off)
