"""Where mined points lie on their landscapes, and what the denoising loss asks for there."""

import math

import torch
from torch import Tensor

from ravine.batch import per_problem
from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, above, below, judged
from ravine.doctor.oracle import apart
from ravine.doctor.pipeline import need
from ravine.doctor.registry import check
from ravine.doctor.shown import Terms
from ravine.doctor.thresholds import limit

NO_POINTS = "its loss does not show what it denoises"


@check(
    "D302",
    "the target of a hard example is the noise that leads from the right answer to it",
    "at z = s m + tau sigma eps the target is (z - s y) / sigma at the row's own landscape, not the eps that made z",
    rests_on=("D309", "D505"),
)
def own_target(bench: Bench) -> Outcome:
    """Compute the points of arms that are used as examples, and their noise, from what was mined."""
    off: dict[str, list[float]] = {}
    for arm in bench.targeting:
        terms, use = bench.loss(arm), bench.pipeline.use(arm)
        points, targets = need(terms.points, NO_POINTS), need(terms.targets, NO_POINTS)
        mined = need(terms.negatives, NO_POINTS)[:, 0]
        taken = torch.stack([bench.k == level for level in use.landscapes or range(len(bench.landscapes))]).any(0)
        wanted = torch.where(per_problem(taken, mined), bench.noised(mined, bench.k, use.noise * bench.eps), bench.y_k)
        off[arm] = [apart(points, wanted), apart(targets * bench.free, in_noise(bench, points))]
    return judged(below(off, 10 * limit("rounding")), "their targets are another noise", difference_points_targets=off)


def in_noise(bench: Bench, points: Tensor) -> Tensor:
    """Return the offsets of points from their scaled right answers in units of each landscape's noise, free entries."""
    offset = points.detach() - bench.scaled(bench.batch.y, bench.k)
    return offset * bench.free / per_problem(bench.landscapes.sigma[bench.k], offset)


def by_landscape(bench: Bench, points: Tensor) -> list[float]:
    """Return the root mean square of points' offsets in noise units, over free entries, landscape by landscape."""
    squares, free = in_noise(bench, points).flatten(1).square().sum(1), bench.free.flatten(1).sum(1)
    levels = range(len(bench.landscapes))
    return [float((squares[bench.k == k].sum() / free[bench.k == k].sum().clamp(min=1)).sqrt()) for k in levels]


@check(
    "D319",
    "mined points lie at their landscape's noise level, and no nearer to the answer than the positive",
    "mine farther from the answer for a contrast, nearer (`radius`) for examples, or use fewer landscapes",
    rests_on=("D302", "D305", "D308", "D309"),
)
def in_the_shell(bench: Bench) -> Outcome:
    """Measure |point - s y| / sigma by landscape, 1 for the noised right answers.

    Negatives nearer to the answer than the positive teach the energy the wrong order. Examples that are
    configured to lie far outside the noise are none that any solver meets. Those off its shell, where an energy that
    has not solved its task leads them, and those inside it, easier than plain ones, are worth a look.
    """
    right, found = by_landscape(bench, bench.y_k), {}
    nearer = limit("nearer point")
    least, most, worse = [1.0], [0.0], False
    for arm in bench.arms:
        terms, use = bench.loss(arm), bench.pipeline.use(arm)
        if use.contrast:
            found[f"{arm}: negatives"], lead = negative_rows(bench, terms, nearer)
            worse |= not lead > limit("random pick")
        if use.target:
            rows = by_landscape(bench, need(terms.points, NO_POINTS))
            found[f"{arm}: examples"] = rows
            least += [row / max(own, 1e-12) for row, own in zip(rows, right, strict=True)]
            most += rows
    configured = all(bench.pipeline.use(arm).noise < limit("no shell") for arm in bench.used_by(lambda use: use.target))
    evidence = {"positive": right, **found}
    if worse:
        return Outcome("fail", evidence, "negatives are nearer to the right answer than the positive")
    if not configured or not below(most, math.inf):
        return Outcome("fail", evidence, "examples lie far outside of their landscape's noise")
    if not below(most, limit("off shell")) or not above(least, nearer):
        return Outcome("warn", evidence, "examples lie off the shell of their landscape's noise")
    return Outcome("pass", evidence)


def negative_rows(bench: Bench, terms: Terms, nearer: float) -> tuple[list[float], float]:
    """Return the first negatives' root mean squares, and by how much they lie farther out than the positive.

    The latter in standard errors, of the landscapes where they are nearer: an offset d that has nothing to do with the
    noise eps adds |d|^2 + 2 <d, eps> to its square, which scatters by 2 |d|.
    """
    eps = bench.eps if terms.eps is None else terms.eps * bench.free
    negative = need(terms.negatives, "its loss does not show its negatives")[:, 0]
    point, positive = (bench.noised(y, bench.k, eps) for y in (negative, bench.batch.y))
    rows, own = by_landscape(bench, point), by_landscape(bench, positive)
    near = torch.tensor([not row > nearer * right for row, right in zip(rows, own, strict=True)], device=bench.device)
    outer, inner = (in_noise(bench, at).double()[near[bench.k]] for at in (point, positive))
    if not bool(near.any()):
        return rows, 0.0
    return rows, float((outer.square() - inner.square()).sum() / (2 * (outer - inner).norm()).clamp(min=1e-12))
