"""The contrastive term beside the denoising one: alive, and neither swamped nor swamping."""

from collections.abc import Callable
from typing import Any

import torch

from ravine.doctor.bench import Bench, flat_gradients, norm_of
from ravine.doctor.checks.supervision import gaps
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.pipeline import NotOffered
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit


@check(
    "D310",
    "the contrastive term is neither dead nor saturated",
    "raise the temperature, or mine harder negatives; energies far apart give no gradient",
    rests_on=("D303", "D309"),
)
def alive(bench: Bench) -> Outcome:
    """Count the rows whose gap is within twenty temperatures: outside, a pull is 0 or a straight line."""
    return since_the_beginning(bench, openness, told_apart)


def openness(bench: Bench) -> dict[str, Any]:
    """Return the share of rows whose contrast is open, and the mean pull, by arm."""
    temperature, open_rows, pulls = bench.settings().temperature, {}, {}
    for arm in bench.arms:
        found = gaps(bench, arm) / temperature
        open_rows[arm] = float((found.abs() < limit("open gap")).float().mean())
        pulls[arm] = float(torch.sigmoid(found).mean())
    return {"open_rows": open_rows, "mean_pull": pulls, "temperature": temperature}


def told_apart(evidence: dict[str, Any], trained: bool) -> Outcome:
    """Return what shares of open rows say."""
    closed = min(evidence["open_rows"].values()) <= limit("open rows")
    return judged(not closed, "the energies' scale drowns the temperature", **evidence)


@check(
    "D311",
    "the two loss terms are balanced, in value and in gradient",
    "change mining.weight or mining.temperature until the ratio lies between .1 and 10",
    rests_on=("D106", "D107", "D309", "D513"),
)
def balanced(bench: Bench) -> Outcome:
    """Compare weighted contrast and denoising: values, gradient norms, and the angle between the gradients."""
    if bench.arms and bench.weighted is None:
        return Outcome(
            "fail", {"weight": 0.0}, "the contrastive term never has a weight: mining costs and does nothing"
        )
    return since_the_beginning(bench, balance, outweighed)


def balance(bench: Bench) -> dict[str, dict[str, float]]:
    """Return the ratio of weighted contrast to denoising in value and gradient, and their gradients' cosine, by arm."""
    weight, evidence = bench.settings().weight, {}
    for arm in bench.arms:
        terms = bench.loss(arm)
        ratio = weight * float(terms.contrast.detach()) / max(float(terms.denoise.detach()), 1e-12)
        first, second = (flat_gradients(t, bench.pipeline) for t in (terms.denoise, weight * terms.contrast))
        norms = norm_of(first), norm_of(second)
        cosine = float(sum((first[n].double() * second[n].double()).sum() for n in first)) / max(
            norms[0] * norms[1], 1e-30
        )
        evidence[arm] = {"loss": ratio, "gradient": norms[1] / max(norms[0], 1e-12), "cosine": cosine}
    return evidence


def outweighed(evidence: dict[str, dict[str, float]], trained: bool) -> Outcome:
    """Return what ratios and angles say.

    Values decide at initial weights, where the denoising loss hardly has a gradient; gradients decide once the energy
    is trained, when the denoising loss itself may be next to nothing.
    """
    deciding = [entry["gradient" if trained else "loss"] for entry in evidence.values()]
    ratios = [entry[kind] for entry in evidence.values() for kind in ("loss", "gradient")]
    if min(entry["cosine"] for entry in evidence.values()) < limit("opposed cosine"):
        return Outcome("fail", evidence, "the contrastive term pulls against the denoising")
    if min(deciding) < limit("ratio does nothing"):
        return Outcome("fail", evidence, "the contrastive term does nothing")
    if max(deciding) > limit("ratio takes over"):
        return Outcome("fail", evidence, "the contrastive term takes over")
    inside = limit("ratio low") <= min(ratios) and max(ratios) <= limit("ratio high")
    return Outcome("pass" if inside else "warn", evidence, "" if inside else "one term outweighs the other")


def since_the_beginning(
    bench: Bench, measure: Callable[[Bench], dict[str, Any]], judge: Callable[[dict[str, Any], bool], Outcome]
) -> Outcome:
    """Return a verdict in which initial weights decide what fails, and trained ones no more than a warning.

    As an energy learns, it tells its negatives apart and its denoising loss goes to zero: terms that were alive and
    balanced when training began may be anything by now, and nothing of it is a fault of the pipeline.
    """
    trained = bench.pipeline.trained_steps > 0
    now = judge(measure(bench), trained)
    if not trained:
        return now
    try:
        first = judge(measure(bench.beginning), False)
    except NotOffered:
        first = Outcome("pass")
    if first.status == "fail":
        return Outcome("fail", {"initial_weights": first.evidence}, f"from the beginning {first.says}")
    return Outcome("warn", now.evidence, f"by now {now.says}") if now.status == "fail" else now
