"""The denoising term: its gradient reaches the weights, and its target is the row's own noise."""

import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, above, below, judged, largest
from ravine.doctor.gradients import flat_gradients, norm_of
from ravine.doctor.perturbed import jittered
from ravine.doctor.pipeline import absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit

LEAST = 1e-3
"""Least size of the noise that is put to the loss."""


@check(
    "D109",
    "the denoising term's gradient reaches the weights",
    "differentiate the energy by y with create_graph=True, and look for a detach between the gradient and the loss",
    cheap=True,
    rests_on=("D503",),
)
def reaches(bench: Bench) -> Outcome:
    """Take the term's gradient at jittered weights."""
    with jittered(bench.pipeline):
        norms = {arm: norm_of(flat_gradients(bench.loss(arm).denoise, bench.pipeline)) for arm in bench.arms}
    return judged(above(norms, 0), "the denoising term has a gradient of 0 in every parameter", gradient_norm=norms)


@check(
    "D317",
    "the denoising loss compares the gradient with the row's own noise",
    "the target is the eps that the right answer was noised with: not the answer, nor another row's noise",
    cheap=True,
    rests_on=("D502", "D505"),
)
def own_noise(bench: Bench) -> Outcome:
    """Compute the loss again on the problems of one landscape, under noise of the gradient's size and of size 1.

    Another reduction or a weight of the landscape multiplies both by one factor, which is allowed.
    """
    if not bench.pipeline.predicts_noise:
        absent("its denoising loss is not the error of a noise prediction")
    last = len(bench.landscapes) - 1
    off = {f"landscape {level}": difference(bench, level) for level in sorted({0, last // 2, last})}
    return judged(below(off, 10 * limit("rounding")), "the loss has another target", difference=off)


def difference(bench: Bench, level: int) -> float:
    """Return by how much the loss differs from mean |grad E - eps|^2 over free entries, relative to its parts' size."""
    rows = (bench.k == level).nonzero()[:, 0]
    batch = bench.batch.rows(rows)
    quiet = predicted(bench, batch, rows, torch.zeros_like(bench.eps[rows]))
    size = float(quiet.square().mean().sqrt().clamp(LEAST, 1.0))
    pairs = [measured(bench, batch, rows, scale * bench.eps[rows]) for scale in (size, 1.0)]
    exact = largest(abs(found - wanted) / parts for found, wanted, parts in pairs)
    factors = [found / max(wanted, 1e-12 * parts) for found, wanted, parts in pairs]
    if exact != exact or not all(factors):
        return exact
    return min(exact, abs(factors[0] - factors[1]) / largest(map(abs, factors)))


def measured(bench: Bench, batch: Batch, rows: Tensor, eps: Tensor) -> tuple[float, float, float]:
    """Return the pipeline's denoising loss, the doctor's, and the mean square of gradient and noise."""
    found = bench.denoise(rows, eps)
    gradient, free = predicted(bench, batch, rows, eps), bench.free[rows].flatten(1)

    def mean(values: Tensor) -> Tensor:
        return ((values.flatten(1) * free).sum(1) / free.sum(1).clamp(min=1)).mean()

    wanted, parts = mean((gradient - eps).square()), mean(gradient.square() + eps.square())
    return float(found.detach()), float(wanted), float(parts)


def predicted(bench: Bench, batch: Batch, rows: Tensor, eps: Tensor) -> Tensor:
    """Return the energy's gradient at the right answers under `eps`, in float64."""
    y_k = bench.noised(batch.y, bench.k[rows], eps)
    return bench.pipeline.gradient(batch.x, y_k, bench.k[rows]).detach().double()
