"""The curriculum: there, moving, with boundaries, shares, weight, temperature and pauses as configured."""

import math
from dataclasses import replace

from ravine.doctor.bench import Bench
from ravine.doctor.checks.supervision import gaps
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.gradients import flat_gradients, norm_of
from ravine.doctor.observed import observed
from ravine.doctor.oracle import same_settings, settings_of
from ravine.doctor.pipeline import NotOffered, Plan, absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit
from ravine.mining.curriculum import MiningSettings, Stage
from ravine.mining.shares import Mixture

STEPS = 12
"""Steps over which shares are counted: whole blocks of rows for every batch of the bench."""


@check(
    "D201",
    "the configured curriculum is there and moves",
    "hand the configured stages to the trainer, and its step to the curriculum",
    cheap=True,
)
def moves(bench: Bench) -> Outcome:
    """Ask the training for its settings at the end of every configured stage, and count how many of them differ."""
    plan = bench.pipeline.plan()
    starts = [s.start for s in plan.stages if s.start < plan.steps]
    ends = [last_active(plan, end - 1) for end in [*starts[1:], plan.steps]]
    wanted = [settings_of(plan, s) for s in ends]
    found = [bench.pipeline.settings_at(s) for s in ends]
    counts = different(wanted), different(found)
    return judged(
        counts[1] >= counts[0], "stages are missing", configured_stages=counts[0], different_settings=counts[1]
    )


def last_active(plan: Plan, step: int) -> int:
    """Return the last step up to `step` that is not left out by every-N."""
    return step // plan.every * plan.every


def different(settings: list[MiningSettings]) -> int:
    """Return how many of the settings differ."""
    kinds: list[MiningSettings] = []
    for one in settings:
        if not any(same_settings(one, kind) for kind in kinds):
            kinds.append(one)
    return len(kinds)


@check(
    "D202",
    "stages begin where they are configured",
    "compare the boundaries in steps: fractions of the whole training, counted from 0",
    cheap=True,
    rests_on=("D201",),
)
def boundaries(bench: Bench) -> Outcome:
    """Compare the settings just before, at and after every boundary with the configuration's."""
    plan = bench.pipeline.plan()
    at = {0, 1, plan.steps // 3, plan.steps // 2, plan.steps - 1}
    for stage in plan.stages:
        at |= {max(stage.start - 1, 0), stage.start, stage.start + 1}
    wrong = [s for s in sorted(at) if not same_settings(bench.pipeline.settings_at(s), settings_of(plan, s))]
    return judged(not wrong, "settings differ from the configured ones", steps_asked=len(at), wrong_steps=wrong[:8])


@check(
    "D203",
    "the realised mixture matches the requested one",
    "count the rows that each arm is given; look for a branch that always takes the first arm, or none",
    rests_on=("D101",),
)
def mixture(bench: Bench) -> Outcome:
    """Count each arm's rows over training steps of a mixture of the arms in use and rows without mining."""
    shares = [*((arm, 0.7 / len(bench.arms)) for arm in bench.arms), ("none", 0.3)]
    requested: Mixture = tuple(shares)
    try:
        pipeline = bench.pipeline.fresh(stages=(Stage(0, requested),), every=1)
    except NotOffered:
        pipeline, requested = bench.at_work(), with_the_rest(bench.settings().mixture, bench.arms)
    rows, counted = dict.fromkeys(dict(requested), 0), 0
    for step in observed(pipeline, STEPS):
        if step.seen.arms is None or step.seen.batch_size is None:
            absent("its training step does not show which rows were mined")
        counted += step.seen.batch_size
        for arm, seen in step.seen.arms.items():
            rows[arm] = rows.get(arm, 0) + len(seen.negatives)
    rows["none"] = counted - sum(rows[arm] for arm in rows if arm in bench.arms)
    off = {a: (rows[a] / counted - p) * counted / deviation(p, counted) for a, p in requested if p > 0}
    says = "arms are given other shares of the rows"
    realised = {arm: rows[arm] / counted for arm, _ in requested}
    holds = max(map(abs, off.values())) < limit("sampling")
    return judged(holds, says, requested=dict(requested), realised=realised, rows=counted)


def with_the_rest(mixture: Mixture, arms: tuple[str, ...]) -> Mixture:
    """Return the shares of the arms that mine, and under "none" what is left, whatever it is called."""
    mining = [(arm, share) for arm, share in mixture if arm in arms]
    return (*mining, ("none", 1 - sum(share for _, share in mining)))


def deviation(share: float, rows: int) -> float:
    """Return the standard deviation of a count with a share, and a row for rounding."""
    return math.sqrt(rows * share * (1 - share)) + 1


@check(
    "D204",
    "the weight scales the contrastive term",
    "multiply the term by the weight of the step's settings",
    cheap=True,
    rests_on=("D106",),
)
def weight(bench: Bench) -> Outcome:
    """Give the loss three weights and measure what each adds to the denoising loss."""
    settings, added, holds = bench.settings(), {}, True
    for arm in bench.arms:
        parts = {}
        for factor in (0.0, 1.0, 3.0):
            terms = bench.loss(arm, replace(settings, weight=factor))
            parts[factor] = float((terms.total - terms.denoise).detach())
            size = abs(float(terms.contrast.detach())) + 1e-4 * abs(float(terms.denoise.detach()))
        slack = 3e-3 * size + 1e-9
        holds &= abs(parts[0.0]) <= slack and abs(parts[3.0] - 3 * parts[1.0]) <= 3 * slack and parts[1.0] != parts[3.0]
        added[arm] = {str(factor): part for factor, part in parts.items()}
    return judged(holds, "the added part does not follow the weight", added_by_weight=added)


@check(
    "D205",
    "the temperature divides the energies of the contrastive term",
    "use the temperature of the step's settings; a higher one must flatten the term",
    cheap=True,
    rests_on=("D107",),
)
def flattens(bench: Bench) -> Outcome:
    """Four times a temperature at which nothing is saturated must make the term's gradient about four times smaller."""
    ratios = {arm: flattening(bench, arm) for arm in bench.arms}
    holds = all(limit("temperature ratio low") <= r <= limit("temperature ratio high") for r in ratios.values())
    return judged(holds, "the term does not flatten as it should", gradient_ratio=ratios)


def flattening(bench: Bench, arm: str) -> float:
    """Return by how much four times the temperature makes the contrastive term's gradient smaller."""
    try:
        top = max(float(gaps(bench, arm).abs().max()), 1e-6)
    except NotOffered:
        top = 1.0
    norms = []
    for temperature in (top, 4 * top):
        terms = bench.loss(arm, replace(bench.settings(), temperature=temperature))
        norms.append(norm_of(flat_gradients(terms.contrast, bench.pipeline)))
    if norms[0] == 0:
        absent("the contrastive term has no gradient")
    return norms[0] / max(norms[1], 1e-30)


@check(
    "D206",
    "mining pauses as every-N says",
    "mine where the optimiser step is a multiple of N, and nowhere else",
    rests_on=("D101", "D104"),
)
def every(bench: Bench) -> Outcome:
    """Take seven steps of a training that mines on every third."""
    shares: Mixture = tuple((arm, 1 / len(bench.arms)) for arm in bench.arms)
    mined = []
    for step in observed(bench.pipeline.fresh(every=3, stages=(Stage(0, shares),)), 7):
        if step.seen.arms is None:
            absent("its training step does not show what it mined")
        if step.seen.arms:
            mined.append(step.before)
    return judged(mined == [0, 3, 6], "mining happens on other steps", every=3, mined_on=mined)
