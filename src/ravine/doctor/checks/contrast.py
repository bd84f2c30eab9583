"""The contrastive term: its sign, and the same noise on both sides."""

import torch

from ravine.doctor.bench import Bench
from ravine.doctor.checks.supervision import open_settings
from ravine.doctor.finding import Outcome, above, below, judged
from ravine.doctor.gradients import cosine_of, flat_gradients
from ravine.doctor.oracle import apart
from ravine.doctor.pipeline import Terms, absent, need
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit


@check(
    "D303",
    "the contrastive term pushes right answers down and negatives up",
    "check the sign: softplus((E+ - E-) / temperature), low is right",
    cheap=True,
    rests_on=("D107", "D308"),
)
def sign(bench: Bench) -> Outcome:
    """Compare the term's gradient in the weights with that of the mean gap E+ - E-."""
    cosines = {}
    for arm in bench.contrasting:
        terms = bench.loss(arm, open_settings(bench, arm))
        down = flat_gradients(terms.contrast, bench.pipeline)
        gap = flat_gradients(gap_of(bench, terms), bench.pipeline)
        cosines[arm] = cosine_of(down, gap)
    return judged(above(cosines, 0), "descending it widens the gap the wrong way", cosine_with_gap=cosines)


def gap_of(bench: Bench, terms: Terms) -> torch.Tensor:
    """Return the mean of E(right) - E(negative), noised alike, with its graph, where what was mined is wrong."""
    negatives = need(terms.negatives, "its loss does not show its negatives")
    energy, batch, wrong = bench.pipeline.energy, bench.batch, ~bench.right(negatives).any(1)
    if not bool(wrong.any()):
        absent("every mined point is right by the task's verifier")
    right = energy(batch.x, bench.y_k, bench.k)
    others = [
        energy(batch.x, bench.noised(negatives[:, i], bench.k, bench.eps), bench.k) for i in range(negatives.shape[1])
    ]
    return ((right - torch.stack(others).mean(0)) * wrong).sum() / wrong.sum()


@check(
    "D308",
    "positive and negative share noise, landscape and space",
    "noise both in the loss, from answer space, with one eps and one k a row",
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
        answers = terms.negatives
        parts = [bench.energy(bench.noised(answers[:, i], bench.k, bench.eps)) for i in range(answers.shape[1])]
        off[arm] = [
            apart(terms.energy_positive.detach(), bench.energy(bench.y_k)),
            apart(terms.energy_negative.detach(), torch.stack(parts, 1)),
        ]
    holds = below(off, 10 * limit("rounding"))
    return judged(holds, "energies in the loss are of other points", difference_positive_negative=off)
