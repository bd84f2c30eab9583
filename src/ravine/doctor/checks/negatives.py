"""Negatives: different, changing, finite, inside the bound."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from ravine.batch import per_problem
from ravine.doctor.beginning import by_now
from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, below, judged, largest
from ravine.doctor.pipeline import absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit
from ravine.errors import MiningError
from ravine.mining.postcondition import RULES

MOVED = 1e-6
"""Least offset of an entry that is moved, in units of noise."""
FEWEST = 16
"""Entries, below which nothing is said of the share that is equal: of a few, half may be so by chance."""


@check(
    "D306",
    "negatives differ from one another",
    "draw separate noise for every row and every candidate, and start from the row's own answer",
    cheap=True,
    rests_on=("D309",),
)
@by_now("fail")
def different(bench: Bench) -> Outcome:
    """Compare neighbouring problems of one landscape, offsets and answers, and the candidates of one problem."""
    shares, step, y = {}, len(bench.landscapes), bench.batch.y
    for arm in bench.arms:
        proposals = bench.proposals(arm)
        offsets = in_noise(bench, proposals, y[:, None], bench.k)
        clear = inside(bench, proposals)
        shares[f"{arm}, rows"] = repeated(offsets[step:, 0], offsets[:-step, 0], clear[step:, 0] & clear[:-step, 0])
        given = ~bench.free
        pair = proposals[step:, 0], proposals[:-step, 0]
        shares[f"{arm}, answers"] = one_answer(*pair, alike(y[step:], y[:-step]), given[step:] | given[:-step])
        if offsets.shape[1] > 1:
            shares[f"{arm}, candidates"] = repeated(offsets[:, 1], offsets[:, 0], clear[:, 1] & clear[:, 0])
    again = [name for name, share in shares.items() if not share < limit("repeated entries")]
    return judged(not again, f"offsets or answers repeat: {'; '.join(again)}", share_of_equal_entries=shares)


def in_noise(bench: Bench, answers: Tensor, right: Tensor, k: Tensor) -> Tensor:
    """Return answers' offsets from the right ones, in units of each landscape's noise."""
    at = bench.landscapes
    return (answers - right) / per_problem(at.sigma[k] / at.signal[k], answers)


def inside(bench: Bench, answers: Tensor) -> Tensor:
    """Return which entries lie inside the bound, where clipping did not decide them."""
    return ~(answers.abs() >= bench.pipeline.bound * 0.999)


def repeated(a: Tensor, b: Tensor, clear: Tensor) -> float:
    """Return the share of equal offsets in a and b, among clear entries that either of them moves."""
    counted = clear & ~((a.abs() <= MOVED) & (b.abs() <= MOVED))
    return float((close(a, b) & counted).sum() / counted.sum()) if int(counted.sum()) >= FEWEST else 0.0


def close(a: Tensor, b: Tensor) -> Tensor:
    """Return which entries of a and b are equal but for a rounding."""
    return ~((a - b).abs() >= 1e-3 * (a.abs() + b.abs()) + 1e-9)  # what is not a number is no difference


def alike(a: Tensor, b: Tensor) -> Tensor:
    """Return which answers of a and b are equal in every entry."""
    return close(a, b).flatten(1).all(1)


def one_answer(a: Tensor, b: Tensor, right_alike: Tensor, given: Tensor) -> float:
    """Return the share of pairs of different right answers that have one wrong answer, given entries aside."""
    apart = ~right_alike & ~given.flatten(1).all(1)
    equal = (close(a, b) | given).flatten(1).all(1)
    return float((equal & apart).sum() / apart.sum().clamp(min=1))


@check("D307", "negatives change over time", "let the generator continue from step to step; do not reseed it")
@by_now("fail")
def over_time(bench: Bench) -> Outcome:
    """Compare the offsets that training proposes at its first steps, in noise units."""
    bench.several()
    pipeline = bench.at_work()
    held: dict[str, tuple[Tensor, ...]] = {}
    shares: dict[str, float] = {}
    for _ in range(4):
        for arm, seen in (pipeline.step().arms or {}).items():
            if seen.proposals is None:
                continue
            first, right = seen.proposals[:, 0], seen.right
            now = (in_noise(bench, first, right, seen.k), inside(bench, first), first, right)
            if arm in held:
                shares[arm] = max(since(now, held[arm]), shares.get(arm, 0.0))
            held[arm] = now
    if not shares:
        absent("its training step does not show its proposals")
    return judged(
        below(shares, limit("repeated entries")), "every step proposes the same", share_of_equal_entries=shares
    )


def since(now: tuple[Tensor, ...], before: tuple[Tensor, ...]) -> float:
    """Return the share of what one step proposed that the next proposes again: as offsets, or as answers."""
    count = min(len(now[0]), len(before[0]))
    pairs = [(a[:count], b[:count]) for a, b in zip(now, before, strict=True)]
    offsets, counted, answers, right = pairs
    nothing = torch.zeros_like(counted[0])
    return max(repeated(*offsets, counted[0] & counted[1]), one_answer(*answers, alike(*right), nothing))


@check(
    "D309",
    "negatives have the shape and type of answers, are finite and lie within the bound",
    "return tensors as the protocol says, and clip after every step of refinement, to the row's own bound",
    cheap=True,
    explains=MiningError,
)
def bounded(bench: Bench) -> Outcome:
    """Look at every entry of what each arm mines."""
    evidence: dict[str, list[float]] = {}
    broken: list[str] = []
    bound = bench.pipeline.bound if bench.pipeline.space == "answers" else math.inf  # a point's noise has no bound
    for arm in bench.arms:
        entries, proposals = bench.mined(arm).negatives, bench.proposals_or_none(arm)
        shown = [entries] if proposals is None else [entries, proposals]
        bad = largest(float((~part.isfinite()).float().mean()) for part in shown)
        outside = float((entries.abs() > bound * (1 + limit("bound slack"))).float().mean())
        at_bound = float((entries.abs() >= bound * (1 - limit("bound slack"))).float().mean())
        evidence[arm] = [bad, outside, at_bound]
        broken += [f"arm {arm!r}: a negative {RULES[rule]}" for rule, share in enumerate((bad, outside)) if share]
    found = judged(not broken, "; ".join(broken), not_finite_outside_at_bound=evidence)
    found = replace(found, blocks=any(entry[0] for entry in evidence.values()))
    most = max(entry[2] for entry in evidence.values())
    corners = bool((bench.batch.y.abs() >= bound * (1 - limit("bound slack"))).all())  # where answers lie themselves
    if not broken and bench.pipeline.trained_steps and most > limit("share at bound") and not corners:
        return Outcome("warn", found.evidence, "nearly all entries of negatives lie at the bound")
    return found
