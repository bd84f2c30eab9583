"""Negatives: different, changing, finite, inside the bound."""

import torch
from torch import Tensor

from ravine.batch import per_problem
from ravine.doctor.bench import SEED, Bench
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.pipeline import absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit
from ravine.errors import MiningError
from ravine.mining.postcondition import RULES
from ravine.tasks.base import Corruptible


@check(
    "D306",
    "negatives differ from one another",
    "draw a noise of its own for every row and every candidate",
    rests_on=("D305",),
)
def different(bench: Bench) -> Outcome:
    """Compare the offsets of neighbouring problems of one landscape, and of candidates of one problem."""
    shares, step = {}, len(bench.landscapes)
    for arm in bench.arms:
        proposals = bench.proposals(arm)
        offsets = in_noise(bench, proposals, bench.batch.y[:, None], bench.k)
        free = inside(bench, proposals, bench.batch.y[:, None])
        rows = repeated(offsets[step:, 0], offsets[:-step, 0], free[step:, 0] & free[:-step, 0])
        shares[f"{arm}, rows"] = rows
        if offsets.shape[1] > 1:
            shares[f"{arm}, candidates"] = repeated(offsets[:, 1], offsets[:, 0], free[:, 1] & free[:, 0])
    return judged(max(shares.values()) < limit("repeated entries"), "offsets repeat", share_of_equal_entries=shares)


def in_noise(bench: Bench, answers: Tensor, right: Tensor, k: Tensor) -> Tensor:
    """Return answers' offsets from the right ones, in units of each landscape's noise."""
    at = bench.landscapes
    return (answers - right) / per_problem(at.sigma[k] / at.signal[k], answers)


def inside(bench: Bench, answers: Tensor, right: Tensor) -> Tensor:
    """Return which entries lie inside the bound and away from the right answer: those that the noise decided."""
    return ((answers - right).abs() > 1e-6) & (answers.abs() < bench.pipeline.bound * 0.999)


def repeated(a: Tensor, b: Tensor, counted: Tensor) -> float:
    """Return the share of counted entries that are equal in a and b."""
    if not bool(counted.any()):
        return 0.0
    return float((close(a, b) & counted).sum() / counted.sum())


def close(a: Tensor, b: Tensor) -> Tensor:
    """Return which entries of a and b are equal but for a rounding."""
    return (a - b).abs() < 1e-3 * (a.abs() + b.abs()) + 1e-9


def alike(a: Tensor, b: Tensor) -> Tensor:
    """Return which answers of a and b are equal in every entry."""
    return close(a, b).flatten(1).all(1)


def one_answer(a: Tensor, b: Tensor, right_alike: Tensor, given: Tensor) -> float:
    """Return the share of pairs of different right answers that have one wrong answer, given entries aside."""
    apart = ~right_alike
    equal = (close(a, b) | given).flatten(1).all(1)
    return float((equal & apart).sum() / apart.sum().clamp(min=1))


@check(
    "D318",
    "negatives differ from problem to problem",
    "start from the row's own answer, or draw a wrong one for every row",
    cheap=True,
    rests_on=("D305",),
)
def own_answers(bench: Bench) -> Outcome:
    """Compare the wrong answers that neighbouring problems of different right answers are proposed."""
    y, shares = bench.batch.y, {}
    given = torch.zeros_like(y, dtype=torch.bool) if bench.batch.given is None else bench.batch.given
    for arm in bench.arms:
        first = bench.proposals(arm)[:, 0]
        shares[arm] = one_answer(first[1:], first[:-1], alike(y[1:], y[:-1]), given[1:] | given[:-1])
    same = ", ".join(repr(arm) for arm, share in shares.items() if share >= limit("repeated answers"))
    return judged(not same, f"arm {same}: one wrong answer for all problems", share_of_equal_answers=shares)


@check(
    "D307",
    "negatives change over time",
    "let the generator go on from step to step; do not seed it anew",
    rests_on=("D305",),
)
def over_time(bench: Bench) -> Outcome:
    """Compare the offsets that training proposes at its first steps, in noise units."""
    pipeline = bench.pipeline.fresh()
    held: dict[str, tuple[Tensor, ...]] = {}
    shares: dict[str, float] = {}
    stages = pipeline.plan().stages
    start = next((s.start for s in stages if any(arm in bench.arms for arm, _ in s.mixture)), None)
    if start is None:
        absent(f"no stage of its plan names an arm that mines ({', '.join(bench.arms)})")
    if start > 0:
        pipeline.jump(start)
    for _ in range(4):
        for arm, seen in (pipeline.step().arms or {}).items():
            if seen.proposals is None:
                continue
            first, right = seen.proposals[:, 0], seen.right
            now = (in_noise(bench, first, right, seen.k), inside(bench, first, right), first, right)
            if arm in held:
                shares[arm] = since(now, held[arm])
            held[arm] = now
    if not shares:
        absent("its training step does not show its proposals")
    return judged(
        max(shares.values()) < limit("repeated entries"), "every step proposes the same", share_of_equal_entries=shares
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
    "negatives have the answers' form, are finite and inside the bound",
    "return tensors as the protocol says, and clip after every step of refinement, by the row's own bound",
    cheap=True,
    explains=MiningError,
)
def bounded(bench: Bench) -> Outcome:
    """Look at every entry of what each arm mines."""
    evidence: dict[str, list[float]] = {}
    broken: list[str] = []
    bound = bench.pipeline.bound
    for arm in bench.arms:
        entries = bench.mined(arm).negatives
        bad = float((~entries.isfinite()).float().mean())
        outside = float((entries.abs() > bound * (1 + limit("bound slack"))).float().mean())
        at_bound = float((entries.abs() >= bound * (1 - limit("bound slack"))).float().mean())
        evidence[arm] = [bad, outside, at_bound]
        broken += [f"arm {arm!r}: a negative {RULES[rule]}" for rule, share in enumerate((bad, outside)) if share]
    found = judged(not broken, "; ".join(broken), not_finite_outside_at_bound=evidence)
    most = max(entry[2] for entry in evidence.values())
    if not broken and bench.pipeline.trained_steps and most > limit("share at bound"):
        return Outcome("warn", found.evidence, "negatives say nothing but the bound")
    return found


@check(
    "D313",
    "the task's corruption changes the share of entries asked for, in both directions",
    "draw which entries to change with the rate, and new values on both sides",
)
def corrupted(bench: Bench) -> Outcome:
    """Corrupt answers at two rates and count entries changed, and those of them that rose."""
    task = bench.pipeline.task()
    if not isinstance(task, Corruptible):
        absent("the task has no corruption")
    y, evidence, holds = bench.batch.y, {}, True
    for rate in (0.25, 0.6):
        changed = task.corrupt(y, rate, torch.Generator(y.device).manual_seed(SEED)) - y
        touched, count = (changed != 0).double(), y.numel()
        rose = (changed > 0).double().sum() / touched.sum().clamp(min=1)
        share = float(touched.mean())
        z = (share - rate) / (rate * (1 - rate) / count) ** 0.5
        # Each answer has at least one entry changed, which small answers notice.
        slack = (1 - rate) ** y[0].numel() / rate * len(y) / count**0.5
        holds &= abs(z) < limit("corruption share") + slack and 0.1 < float(rose) < 0.9
        evidence[str(rate)] = [share, float(rose)]
    return judged(holds, "corruption is one-sided or of another rate", share_changed_and_rising=evidence)
