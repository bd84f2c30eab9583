"""The contrastive term: its sign, and the same noise on both sides."""

import torch

from ravine.batch import Batch
from ravine.doctor.bench import Bench
from ravine.doctor.checks.supervision import open_settings
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.gradients import cosine_of, flat_gradients
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
        cosines[arm] = cosine_of(down, gap)
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


def with_given(bench: Bench) -> Batch:
    """Return the bench's problems with every third entry of the answer given."""
    mask = torch.arange(bench.batch.y[0].numel(), device=bench.device).reshape(bench.batch.y.shape[1:]) % 3 == 0
    return Batch(bench.batch.x, bench.batch.y, mask.expand_as(bench.batch.y).clone())
