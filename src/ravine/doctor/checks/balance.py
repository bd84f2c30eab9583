"""The contrastive term beside the denoising one: alive, and neither swamped nor swamping."""

import math
from collections.abc import Mapping
from dataclasses import replace

import torch

from ravine.doctor.beginning import by_now
from ravine.doctor.bench import Bench
from ravine.doctor.checks.energy import prediction, sizes
from ravine.doctor.checks.supervision import gaps, open_settings
from ravine.doctor.finding import Outcome, above, below, flattened, largest
from ravine.doctor.gradients import cosine_of, flat_gradients, norm_of
from ravine.doctor.pipeline import NotOffered, absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit
from ravine.mining.curriculum import MiningSettings

Measured = Mapping[str, Mapping[str, float]]
"""Numbers by name, for every arm and stage."""
STAGE = ", weight "
AGAINST = "the contrastive term works against the denoising term"


@check(
    "D310",
    "the contrastive term is neither dead nor saturated",
    "raise the temperature, or mine harder negatives; energies far apart give no gradient",
    rests_on=("D309",),
)
@by_now("warn")
def alive(bench: Bench) -> Outcome:
    """Count the rows whose gap is within twenty temperatures: outside, a pull is 0 or a straight line.

    In large answers an energy of noise's own size is sure of itself too, since every entry adds to the gap.
    """
    evidence, entries = dict[str, dict[str, float]](), bench.free.flatten(1).sum(1).clamp(min=1)
    for name, (arm, settings) in stages(bench).items():
        found = gaps(bench, arm) / settings.temperature
        shares = {"saturated": float((~(found.abs() < limit("open gap"))).float().mean())}
        pull, gap = float(found.sigmoid().mean()), float((found.abs() / entries[:, None]).median())
        evidence[name] = {**shares, "mean_pull": pull, "gap_an_entry": gap, "temperature": settings.temperature}
    closed = {name: entry for name, entry in evidence.items() if not entry["saturated"] < 1 - limit("open rows")}
    arms = " and ".join(closed)
    if not below([entry["gap_an_entry"] for entry in closed.values()], limit("entry gap")):
        return Outcome("fail", evidence, f"{arms}: the energies are too large for the temperature")
    says = f"{arms}: the energy separates every negative already, and those that it separates teach nothing"
    return Outcome("warn" if closed else "pass", evidence, says if closed else "")


def stages(bench: Bench) -> dict[str, tuple[str, MiningSettings]]:
    """Return every arm with every different weight and temperature under which it mines, under a name for both."""
    arms = bench.contrasting
    different = {(s.weight, s.temperature): s for s in bench.weighted}
    if not different:
        absent("the contrastive term's weight is always 0")
    if len(different) == 1:
        return {arm: (arm, bench.settings()) for arm in arms}
    return {
        f"{arm}{STAGE}{weight:g}, temperature {temperature:g}": (arm, settings)
        for arm in arms
        for (weight, temperature), settings in different.items()
    }


@check(
    "D311",
    "the two loss terms are balanced, in value and in gradient",
    "change mining.weight or mining.temperature until the ratio lies between .1 and 10",
    rests_on=("D107", "D309", "D502"),
)
def balanced(bench: Bench) -> Outcome:
    """Compare weighted contrast and denoising: values, gradient norms, and the angle between the gradients."""
    if bench.contrasting and not bench.weighted:
        return Outcome(
            "fail", {"weight": 0.0}, "the contrastive term's weight is always 0: mining costs time and does nothing"
        )
    found = outweighed(bench)
    evidence = balance(bench) if bench.pipeline.trained_steps >= limit("trained steps") else {}
    opposed = not above([entry["cosine"] for entry in evidence.values()], limit("pulling against"))
    strong = not below([entry["gradient"] for entry in evidence.values()], limit("ratio low"))
    known = all(map(math.isfinite, flattened(evidence)))  # else that is what was found
    if found.status != "fail" and known and opposed and strong and bench.pipeline.predicts_noise:
        now, first = fallen(bench)
        if not now < limit("fallen") * first:
            says = f"{AGAINST}, whose loss was {first:.3g} at first and is {now:.3g} now"
            return Outcome("fail", evidence, says, "check the sign of the contrast, and lower its weight")
    return found


def fallen(bench: Bench) -> tuple[float, float]:
    """Return the denoising loss and what it was at initial weights; without those, what predicting zero makes it."""
    now = float(bench.denoise().detach())
    try:
        return now, float(bench.beginning.denoise().detach())
    except NotOffered:
        return float(((prediction(bench) - bench.eps) * bench.free).square().mean()), float(bench.eps.square().mean())


def balance(bench: Bench) -> Measured:
    """Return weighted contrast over denoising in size and gradient, and the gradients' cosine, by arm and stage."""
    evidence = {}
    for name, (arm, settings) in stages(bench).items():
        terms, weight = bench.loss(arm, settings), settings.weight
        ratio = weight * abs(float(terms.contrast.detach())) / max(float(terms.denoise.detach()), 1e-12)
        first, second = (flat_gradients(t, bench.pipeline) for t in (terms.denoise, weight * terms.contrast))
        longer = norm_of(second) / max(norm_of(first), 1e-12)
        evidence[name] = {"loss": ratio, "gradient": longer, "cosine": cosine_of(first, second)}
        if not bench.pipeline.tempered:  # a difference of energies may vanish where its gradient does not
            ratio = evidence[name]["larger"] = largest((ratio, longer))
        if not bench.pipeline.trained_steps and ratio < limit("ratio low"):
            contrast = bench.loss(arm, replace(open_settings(bench, arm), weight=weight)).contrast
            evidence[name]["open"] = weight * abs(float(contrast.detach())) / max(ignorant(bench), 1e-12)
    return evidence


def ignorant(bench: Bench) -> float:
    """Return the denoising loss, in no landscape worse than without a prediction, as initial weights may be."""
    if not bench.pipeline.predicts_noise:
        return float(bench.denoise().detach())
    noise, error = (sizes(bench, part * bench.free) for part in (bench.eps, prediction(bench) - bench.eps))
    shares = (torch.tensor(noise) / torch.tensor(error).clamp(min=1e-12)).square().clamp(max=1)
    rows = [(bench.k == level).nonzero()[:, 0] for level in range(len(shares))]
    return float((shares * torch.tensor([float(bench.denoise(at).detach()) for at in rows])).mean())


@by_now("warn")
def outweighed(bench: Bench) -> Outcome:
    """Return what ratios and angles say: every arm must do something in some stage, and none may take over.

    Values decide at initial weights, where the denoising loss hardly has a gradient; gradients decide once the energy
    is trained, when the denoising loss itself may be next to nothing. What is told apart already, or beside a loss that
    is yet to fall, is small without doing nothing. A contrast that leads where the denoising does takes nothing over;
    one that leads the other way on a few rows, at first, may still let it fall, which is asked for later.
    """
    evidence, trained = balance(bench), bench.pipeline.trained_steps > 0
    ratios = [entry[kind] for entry in evidence.values() for kind in ("loss", "gradient")]
    if not all(map(math.isfinite, flattened(evidence))):
        return Outcome("fail", evidence, "a term or its gradient is not finite")
    best, over = dict[str, float](), False
    for name, entry in evidence.items():
        arm, ratio = name.partition(STAGE)[0], entry["gradient"] if trained else entry.get("larger", entry["loss"])
        best[arm] = max(ratio, entry.get("open", ratio), best.get(arm, ratio))
        over |= ratio > limit("ratio takes over") and entry["cosine"] < limit("one line")
    if not above(best, limit("ratio does nothing")):
        return Outcome("fail", evidence, "the contrastive term does nothing")
    if over:
        return Outcome("fail", evidence, "the contrastive term dominates")
    if not above([entry["cosine"] for entry in evidence.values()], -limit("one line")):
        return Outcome("warn", evidence, AGAINST)
    inside = above(ratios, limit("ratio low")) and below(ratios, limit("ratio high"))
    return Outcome("pass" if inside else "warn", evidence, "" if inside else "one term outweighs the other")
