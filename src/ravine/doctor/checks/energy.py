"""The energy itself: what it sees, whether its gradient is its gradient, and what a wrapper makes of it."""

from itertools import pairwise

import torch
from torch import Tensor

from ravine.batch import per_problem
from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, above, below, judged
from ravine.doctor.oracle import apart
from ravine.doctor.perturbed import jittered
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit


@check(
    "D501",
    "the energy uses all of x, y and k",
    "feed problem, answer and landscape into the network; look for a slice, a mask or a detach on the way",
    cheap=True,
)
def sees(bench: Bench) -> Outcome:
    """With weights jittered, look for entries of x and y without any gradient, and for landscapes that are alike."""
    with jittered(bench.pipeline), torch.enable_grad():
        x, y = (t.detach().clone().requires_grad_() for t in (bench.batch.x, bench.y_k))
        total = bench.pipeline.energy(x, y, bench.k).sum()
        found = torch.autograd.grad(total, (x, y), allow_unused=True)
        shares = {name: deaf(g) for name, g in zip("xy", found, strict=True)}
        rows = slice(0, 8)
        at = torch.zeros_like(bench.k[rows])
        energies = [
            bench.energy(bench.y_k[rows], at + level, bench.batch.x[rows]) for level in range(len(bench.landscapes))
        ]
        steps = [apart(b, a) for a, b in pairwise(energies)]
    alike = sum(not step > limit("effect") for step in steps)
    holds = not any(shares.values()) and not alike
    return judged(holds, "some inputs make no difference", share_of_unused_entries=shares, landscapes_alike=alike)


def deaf(gradient: Tensor | None) -> float:
    """Return the share of entries that no problem's energy depends on."""
    if gradient is None:
        return 1.0
    largest = gradient.abs().amax(0).flatten()
    heard = largest > limit("deaf entry") * largest.median().clamp(min=1e-30)  # not so where it is not a number
    return float((~heard).float().mean())


@check(
    "D502",
    "the gradient in use is that of the energy",
    "differentiate the energy that is reported, once, with respect to y",
    cheap=True,
    rests_on=("D505",),
)
def differences(bench: Bench) -> Outcome:
    """Compare the gradient with central differences, along itself and along a fixed random direction.

    The nearer of two steps counts: a long one crosses the kinks of a ReLU network, a short one drowns in rounding.
    """
    gradient, off = prediction(bench), {}
    for name, way in (("gradient", gradient), ("random", bench.moves("direction"))):
        unit = way / per_problem(way.flatten(1).norm(dim=1).clamp(min=1e-30), way)
        slope = (gradient * unit).flatten(1).sum(1)
        step, size = (values.flatten(1).norm(dim=1).mean().clamp(min=1e-12) for values in (bench.y_k, gradient))
        found = [(slope_of(bench, unit, share * step) - slope).abs().mean() / size for share in (2e-2, 2e-3)]
        off[name] = float(torch.stack(found).min())  # not a number where one is not
    return judged(
        below(off, limit("finite difference")), "it is the gradient of another function", relative_difference=off
    )


def slope_of(bench: Bench, unit: Tensor, step: Tensor) -> Tensor:
    """Return the energy's slope along a direction, by central differences of fourth order."""
    at = [bench.energy(bench.y_k + factor * step * unit) for factor in (-2, -1, 1, 2)]
    return (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * step)


def prediction(bench: Bench) -> Tensor:
    """Return the energy's noise prediction at the noised right answers, 0 where entries are given."""
    return bench.pipeline.gradient(bench.batch.x, bench.y_k, bench.k).detach() * bench.free


def sizes(bench: Bench, gradient: Tensor) -> list[float]:
    """Return the root mean square of a noise prediction, landscape by landscape."""
    squares = gradient.flatten(1).square().mean(1)
    return [float(squares[bench.k == level].mean().sqrt()) for level in range(len(bench.landscapes))]


@check(
    "D503",
    "the energy's gradient is neither zero nor huge",
    "look at the scale of the read-out and at saturated activations",
    cheap=True,
)
def scale(bench: Bench) -> Outcome:
    """Measure the gradient's size on every landscape."""
    found = sizes(bench, prediction(bench))
    holds = above(found, limit("gradient zero")) and below(found, limit("gradient huge"))
    return judged(holds, "no useful step can be taken along it", root_mean_square_by_landscape=found)


@check(
    "D504",
    "a trained energy predicts noise of the right size, and descent leads to the answer",
    "lower mining.weight: lowering the energies of right answers can shrink |grad E| and stop the denoising",
    rests_on=("D303", "D311", "D502", "D503"),
)
def not_collapsed(bench: Bench) -> Outcome:
    """Measure by how much the noise prediction g falls short of the multiple of it that fits the noise best.

    Least squares of eps on g has the slope <g, eps> / <g, g>: 1 for a prediction of the right size, 100 for one that
    has collapsed to a hundredth. An energy that does not know the noise's direction yet has no right size.
    """
    bench.trained()
    gradient = prediction(bench)
    leads = float(torch.cosine_similarity(gradient.flatten(1).double(), bench.eps.flatten(1).double()).mean())
    if not leads > limit("answer cosine"):
        advice = "check the sign of the step and the landscape that the gradient is taken at"
        return Outcome("fail", {"mean cosine": leads}, "descent along it leads away from the answer", advice)
    found, g, eps = sizes(bench, gradient), gradient.double().flatten(), bench.eps.double().flatten()
    fitting, shortfall = float(g @ eps), float(g @ eps / (g @ g).clamp(min=1e-300))
    cosine = fitting / float((g.norm() * eps.norm()).clamp(min=1e-300))
    mean = sum(found) / len(found)
    evidence = {"mean": mean, "shortfall": shortfall, "cosine": cosine, "by_landscape": found}
    knows = cosine > limit("known direction")
    if not mean > limit("collapsed prediction") or (knows and shortfall > limit("shortfall")):
        return Outcome("fail", evidence, "the noise prediction has collapsed")
    if knows and shortfall > limit("shrinking"):
        return Outcome("warn", evidence, "the noise prediction has the right direction and is too small")
    return Outcome("pass", evidence)


@check(
    "D505",
    "wrappers pass problems, answers and landscapes on to the energy",
    "look at reshapes, and at landscapes taken from one row for all",
    cheap=True,
)
def passes_through(bench: Bench) -> Outcome:
    """Compare energies of a whole batch, of rows one at a time, of another order, and of noised points in the loss."""
    with jittered(bench.pipeline):
        whole = bench.energy(bench.y_k)
        count = 2 * len(bench.landscapes)
        off = {"one row at a time": apart(bench.one_row_at_a_time(bench.y_k, count), whole[:count])}
        turn = torch.arange(len(whole) - 1, -1, -1, device=bench.device)
        off["another order"] = apart(bench.energy(bench.y_k[turn], bench.k[turn], bench.batch.x[turn]), whole[turn])
        repeated = bench.energy(
            bench.y_k.repeat_interleave(2, 0), bench.k.repeat_interleave(2), bench.batch.x.repeat_interleave(2, 0)
        )
        off["rows twice"] = apart(repeated[::2], whole)
    return judged(below(off, limit("rounding")), "an energy depends on other rows", difference=off)
