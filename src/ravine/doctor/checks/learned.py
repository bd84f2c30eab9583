"""What the energy knows: right answers low, and the way down leading to them; and how it is solved with."""

from contextlib import suppress

import torch

from ravine.batch import per_problem
from ravine.doctor.bench import Bench
from ravine.doctor.checks.balance import fallen
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.oracle import rank_correlation
from ravine.doctor.pipeline import NotOffered, absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit

POINTS = 9
HALF_WAY = 300


@check(
    "D513",
    "a trained energy ranks answers by their error",
    "train longer, and check the sign of the energy: low is right",
    rests_on=("D303", "D311"),
)
def ranks(bench: Bench) -> Outcome:
    """Move right answers away in a fixed direction and correlate energy with error, landscape by landscape."""
    bench.trained()
    way = bench.moves("away")
    factors = torch.linspace(0, 2, POINTS, device=bench.device)
    away = (way * per_problem(bench.spread.clamp(min=1e-6), way))[:, None]  # of the answers' own size
    moved = bench.batch.y[:, None] + factors.reshape(1, -1, *[1] * (way.dim() - 1)) * away
    energies = bench.energies_of(moved)
    errors = factors.expand(len(way), -1)
    levels = range(len(bench.landscapes))
    found = [rank_correlation(energies[bench.k == k], errors[bench.k == k]) for k in levels]
    mean = sum(found) / len(found)
    return judged(mean > limit("rank correlation"), "wrong answers have lower energies", mean=mean, by_landscape=found)


@check(
    "D523",
    "training lowers the denoising loss",
    "raise optimizer.learning_rate, or look for what keeps the input from reaching the energy; mining cannot help here",
    rests_on=("D109", "D303", "D311", "D503"),
)
def lowers(bench: Bench) -> Outcome:
    """Compare the loss with that of initial weights, on the same problems and noise, from half of the training on.

    Where no plan says how long training is, from three hundred steps on.
    """
    bench.trained()
    half: float = HALF_WAY
    with suppress(NotOffered):
        half = bench.pipeline.plan().steps / 2
    if bench.pipeline.trained_steps < half:
        absent("training is not half done")
    now, first = fallen(bench)
    says = "the loss has not fallen"
    return judged(now < limit("fallen") * first, says, now=now, at_first=first)
