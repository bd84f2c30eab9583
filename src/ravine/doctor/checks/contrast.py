"""The contrastive term: its sign, and the same noise on both sides."""

import torch

from ravine.doctor.bench import Bench
from ravine.doctor.checks.supervision import open_settings
from ravine.doctor.finding import Outcome, above, below, judged, largest
from ravine.doctor.gradients import cosine_of, flat_gradients
from ravine.doctor.oracle import apart
from ravine.doctor.pipeline import absent, need
from ravine.doctor.registry import check
from ravine.doctor.shown import Terms
from ravine.doctor.thresholds import limit


@check(
    "D303",
    "the contrastive term pushes right answers down and negatives up",
    "check the sign: softplus((E+ - E-) / temperature), low is right",
    cheap=True,
    connects=True,
    rests_on=("D107", "D308"),
)
def sign(bench: Bench) -> Outcome:
    """Differentiate the term by the energies that the loss shows, or else compare its gradient with the mean gap's.

    Where the energies are part of the term's graph, their derivatives decide: E+ must raise it and E- lower it.
    """
    found = {}
    for arm in bench.contrasting:
        terms = bench.loss(arm, open_settings(bench, arm))
        found[arm] = by_energies(terms)
        if found[arm] is None:
            down = flat_gradients(terms.contrast, bench.pipeline)
            found[arm] = cosine_of(down, flat_gradients(gap_of(bench, terms), bench.pipeline))
    return judged(above(found, 0), "minimising it moves the gap in the wrong direction", slope_along_gap=found)


def by_energies(terms: Terms) -> float | None:
    """Return the lesser of the term's mean slopes in E+ and in -E-, over the larger; None where no graph shows them."""
    shown = [e for e in (terms.energy_positive, terms.energy_negative) if e is not None and e.requires_grad]
    if len(shown) < 2 or not terms.contrast.requires_grad:
        return None
    slopes = torch.autograd.grad(terms.contrast, shown, retain_graph=True, allow_unused=True)
    if slopes[0] is None or slopes[1] is None:
        return None
    up, down = float(slopes[0].sum()), -float(slopes[1].sum())
    return -largest((-up, -down)) / max(abs(up), abs(down), 1e-30)


def gap_of(bench: Bench, terms: Terms) -> torch.Tensor:
    """Return the mean of E(right) - E(negative), noised alike, with its graph, where what was mined is wrong."""
    negatives = need(terms.negatives, "its loss does not show its negatives")
    eps = bench.eps if terms.eps is None else terms.eps
    energy, batch, wrong = bench.pipeline.energy, bench.batch, ~bench.right(negatives).any(1)
    if not bool(wrong.any()):
        absent("the task's verifier accepts every mined point as right")
    right = energy(batch.x, bench.noised(batch.y, bench.k, eps), bench.k)
    others = [energy(batch.x, bench.noised(negatives[:, i], bench.k, eps), bench.k) for i in range(negatives.shape[1])]
    return ((right - torch.stack(others).mean(0)) * wrong).sum() / wrong.sum()


@check(
    "D308",
    "positives and negatives share noise, landscape and space",
    "add noise to both in the loss, from answer space, with one eps and one k per row",
    cheap=True,
    rests_on=("D309", "D505"),
)
def alike(bench: Bench) -> Outcome:
    """Compute both energies again with the row's own noise and landscape."""
    off: dict[str, list[float]] = {}
    for arm in bench.contrasting:
        terms = bench.loss(arm)
        if terms.energy_negative is None or terms.energy_positive is None or terms.negatives is None:
            absent("its loss does not show its energies")
        eps = bench.eps if terms.eps is None else terms.eps
        off[arm] = [
            apart(terms.energy_positive.detach(), bench.energy(bench.noised(bench.batch.y, bench.k, eps))),
            apart(terms.energy_negative.detach(), bench.energies_of(terms.negatives, eps)),
        ]
    holds = below(off, 10 * limit("rounding"))
    return judged(holds, "the energies in the loss belong to other points", difference_positive_negative=off)
