"""Does the contrastive term supervise: in the total, with a gradient that reaches weights and optimiser?"""

from contextlib import suppress
from dataclasses import replace

import torch
from torch import Tensor

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, above, below, judged, largest
from ravine.doctor.gradients import flat_gradients, norm_of
from ravine.doctor.perturbed import jittered
from ravine.doctor.pipeline import NO_GRADIENT, NO_LOSSES, NO_SETTINGS, NotOffered, need
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit
from ravine.mining.curriculum import MiningSettings

NO_ENERGIES = "its loss does not show its energies"
ADDED = "add the contrastive term to the total, multiplied once by the weight of the step's settings"


def gaps(bench: Bench, arm: str) -> Tensor:
    """Return E(right) - E(negative) of the noised points, (b, s): from the energy itself, or as the loss shows them."""
    try:
        negatives = bench.mined(arm).negatives
    except NotOffered:
        terms = bench.loss(arm)
        right, others = need(terms.energy_positive, NO_ENERGIES), need(terms.energy_negative, NO_ENERGIES)
        return (right[:, None] - others).detach()
    return bench.energy(bench.y_k)[:, None] - bench.energies_of(negatives, bench.eps)


def open_settings(bench: Bench, arm: str) -> MiningSettings:
    """Return the run's settings at a temperature, if it has one, at which no problem's contrast is saturated."""
    settings = bench.settings()
    if not bench.pipeline.tempered:
        return settings
    with suppress(NotOffered):
        settings = replace(settings, temperature=max(float(gaps(bench, arm).abs().max()), 1e-6))
    return settings


@check("D106", "total = denoise + weight x contrast", ADDED, cheap=True, rests_on=("D309",))
def adds_up(bench: Bench) -> Outcome:
    """Add the terms up again, without the weight, with it, and with three times as much, as far as it can be set."""
    settings, off, plain = bench.settings(), {}, True
    for arm in bench.arms:
        for factor in (1.0, 0.0, 3.0) if bench.pipeline.weighable else (1.0,):
            terms = bench.loss(arm, replace(settings, weight=factor * settings.weight))
            wanted = terms.added(factor * settings.weight)
            size = terms.contrast.abs() + limit("rounding") * wanted.abs() + 1e-12
            off[f"{arm}, {factor:g} x weight"] = float(((terms.total - wanted).abs() / size).detach())
            plain &= not terms.others
    found = judged(below(off, limit("rounding")), "the total is a different sum", difference_over_contrast=off)
    return replace(found, advice=f"{ADDED}; show further terms of the loss as Terms.others") if plain else found


@check(
    "D107",
    "the contrastive term's gradient reaches the weights",
    "look for a detach, a no_grad, or a conversion to numbers between the energies and the loss",
    cheap=True,
    rests_on=("D305",),
)
def reaches(bench: Bench) -> Outcome:
    """Take the term's gradient, alone and within the total, at a temperature that leaves it open.

    Weights are jittered, and further terms of the loss asked for too.
    """
    norms, weight = dict[str, float](), bench.settings().weight
    with jittered(bench.pipeline):
        for arm in bench.contrasting:
            terms = bench.loss(arm, open_settings(bench, arm))
            alone, total, denoise, *others = (
                flat_gradients(term, bench.pipeline)
                for term in (terms.contrast, terms.total, terms.denoise, *terms.others.values())
            )
            rest = {name: total[name] - denoise[name] - sum(other[name] for other in others) for name in total}
            least = 1e-6 * norm_of(total) * weight * min(1.0, norm_of(alone))
            within = 0.0 if norm_of(rest) <= least else norm_of(rest) / max(weight, 1e-12)
            norms[arm] = -largest((-norm_of(alone), -within))
            norms |= {f"{arm}: {name}": norm_of(other) for name, other in zip(terms.others, others, strict=True)}
    dead = " and ".join(name for name, norm in norms.items() if not norm > 0)
    says = f"{dead}: the contrastive term has weight {weight:g}, and a gradient of 0 in every parameter"
    if any(":" in name for name, norm in norms.items() if not norm > 0):
        says = f"{dead}: a gradient of 0 in every parameter, whatever its weight"
    return judged(above(norms, 0), says, gradient_norm=norms)


@check(
    "D108",
    "the optimiser gets the gradient of the stated total",
    "compare the loss that is differentiated with the loss that is logged",
    cheap=True,
    rests_on=("D101", "D106", "D503", "D509"),
)
def given(bench: Bench) -> Outcome:
    """Compute the second training step's losses again at the weights before it, and compare directions and sizes.

    The second, so that a gradient that the first one left behind shows. Sizes before clipping, where they are shown.
    """
    pipeline = bench.at_work()
    pipeline.step()
    before = {name: value.clone() for name, value in pipeline.model().state_dict().items()}
    seen = pipeline.step()
    gradient, again = need(seen.gradient, NO_GRADIENT), need(seen.again, NO_LOSSES)
    pipeline.model().load_state_dict(before)
    terms, weight = again(), need(seen.settings, NO_SETTINGS).weight
    wanted = flat_gradients(terms.added(weight), pipeline)
    flat = torch.cat([g.flatten() for g in wanted.values()])
    if flat.shape != gradient.shape:  # parameters that no loss depends on may be left out
        flat = torch.cat([g.flatten() for g in wanted.values() if g.any()])
    if flat.shape != gradient.shape:
        return Outcome("fail", {"entries": [len(gradient), len(flat)]}, "some parameters were given no gradient")
    cosine = float(torch.nn.functional.cosine_similarity(flat.double(), gradient.double(), dim=0))
    if not cosine > limit("gradient cosine"):
        return Outcome("fail", {"cosine": cosine}, "a gradient other than the total's is used")
    divisor = norm_of(wanted) / max(norm, 1e-300) if (norm := seen.gradient_norm) is not None else 1.0
    says = f"the total's gradient is divided by {divisor:.4g}"
    return judged(abs(divisor - 1) < limit("gradient size"), says, cosine=cosine, divisor=divisor)
