"""The contrastive term: signs, the same noise on both sides, neither dead nor swamping the other term."""

import torch

from ravine.batch import Batch
from ravine.doctor.bench import Bench, flat_gradients, norm_of
from ravine.doctor.checks.supervision import gaps, open_settings
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.oracle import apart
from ravine.doctor.pipeline import Terms, absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit


@check(
    "D303",
    "the contrastive term pushes right answers down and negatives up",
    "check the sign: softplus((E+ - E-) / temperature), low is right",
    cheap=True,
    rests_on=("D107",),
)
def sign(bench: Bench) -> Outcome:
    """Compare the term's gradient in the weights with that of the mean gap E+ - E-."""
    cosines = {}
    for arm in bench.arms:
        terms = bench.loss(arm, open_settings(bench, arm))
        down = flat_gradients(terms.contrast, bench.pipeline)
        gap = flat_gradients(gap_of(bench, terms), bench.pipeline)
        cosines[arm] = float(sum((down[n].double() * gap[n].double()).sum() for n in down)) / max(
            norm_of(down) * norm_of(gap), 1e-30
        )
    return judged(min(cosines.values()) > 0, "descending it widens the gap the wrong way", cosine_with_gap=cosines)


def gap_of(bench: Bench, terms: Terms) -> torch.Tensor:
    """Return the mean of E(right) - E(negative), noised alike, with its graph."""
    if terms.negatives is None:
        absent("its loss does not show its negatives")
    energy, batch = bench.pipeline.energy, bench.batch
    right = energy(batch.x, bench.y_k, bench.k)
    others = [
        energy(batch.x, bench.noised(terms.negatives[:, i], bench.k, bench.eps), bench.k)
        for i in range(terms.negatives.shape[1])
    ]
    return (right - torch.stack(others).mean(0)).mean()


@check(
    "D308",
    "positive and negative share noise, landscape and space",
    "noise both in the loss, from answer space, with one eps and one k a row",
    cheap=True,
    rests_on=("D505",),
)
def alike(bench: Bench) -> Outcome:
    """Compute both energies again with the row's own noise and landscape."""
    off: dict[str, list[float]] = {}
    for arm in bench.arms:
        terms = bench.loss(arm)
        if terms.energy_negative is None or terms.energy_positive is None or terms.negatives is None:
            absent("its loss does not show its energies")
        answers = terms.negatives
        parts = [bench.energy(bench.noised(answers[:, i], bench.k, bench.eps)) for i in range(answers.shape[1])]
        off[arm] = [
            apart(terms.energy_positive.detach(), bench.energy(bench.y_k)),
            apart(terms.energy_negative.detach(), torch.stack(parts, 1)),
        ]
    holds = all(max(pair) < 10 * limit("rounding") for pair in off.values())
    return judged(holds, "energies in the loss are of other points", difference_positive_negative=off)


@check(
    "D310",
    "the contrastive term is neither dead nor saturated",
    "raise the temperature, or mine harder negatives; energies far apart give no gradient",
    rests_on=("D303", "D309"),
)
def alive(bench: Bench) -> Outcome:
    """Count the rows whose gap is within twenty temperatures: outside, a pull is 0 or a straight line."""
    temperature, open_rows, pulls = bench.settings().temperature, {}, {}
    for arm in bench.arms:
        found = gaps(bench, arm) / temperature
        open_rows[arm] = float((found.abs() < limit("open gap")).float().mean())
        pulls[arm] = float(torch.sigmoid(found).mean())
    evidence = {"open_rows": open_rows, "mean_pull": pulls, "temperature": temperature}
    if min(open_rows.values()) > limit("open rows"):
        return Outcome("pass", evidence)
    if bench.pipeline.trained_steps:
        return Outcome("warn", evidence, "negatives are told apart already")
    return Outcome("fail", evidence, "the energies' scale drowns the temperature from the start")


@check(
    "D311",
    "the two loss terms are balanced, in value and in gradient",
    "change mining.weight or mining.temperature until the ratio lies between .1 and 10",
    rests_on=("D106", "D107", "D309", "D513"),
)
def balanced(bench: Bench) -> Outcome:
    """Compare weighted contrast and denoising: values, gradient norms, and the angle between the gradients."""
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
    return verdict(evidence, trained=bench.pipeline.trained_steps > 0)


def verdict(evidence: dict[str, dict[str, float]], trained: bool) -> Outcome:
    """Return what the ratios and angles say.

    The values decide at initial weights, where the denoising loss hardly has a gradient; the gradients decide once the
    energy is trained, when the denoising loss itself may be next to nothing.
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


def with_given(bench: Bench) -> Batch:
    """Return the bench's problems with every third entry of the answer given."""
    mask = torch.arange(bench.batch.y[0].numel(), device=bench.device).reshape(bench.batch.y.shape[1:]) % 3 == 0
    return Batch(bench.batch.x, bench.batch.y, mask.expand_as(bench.batch.y).clone())
