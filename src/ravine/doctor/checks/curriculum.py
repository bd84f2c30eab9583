"""The curriculum: there, moving, with boundaries, shares, weight, temperature and pauses as configured."""

import math
from contextlib import suppress
from dataclasses import replace

from ravine.doctor.bench import Bench
from ravine.doctor.checks.supervision import gaps
from ravine.doctor.finding import Outcome, below, judged
from ravine.doctor.gradients import flat_gradients, norm_of
from ravine.doctor.observed import observed
from ravine.doctor.oracle import same_settings
from ravine.doctor.pipeline import NOT_MINED, NotOffered, absent, need
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit
from ravine.mining.curriculum import Stage
from ravine.mining.shares import Mixture

STEPS = 12
"""Steps over which shares are counted: whole blocks of rows for every batch of the bench."""
BATCHES = 8
"""How many times as many, where a batch is one draw."""
SHARED = 0.95
"""Largest share of an arm at which twelve batches do not go to one arm each by chance."""


@check(
    "D201",
    "the curriculum is the one configured",
    "pass the configured stages to the trainer and its step to the curriculum, and count boundaries in steps from 0",
    cheap=True,
)
def as_configured(bench: Bench) -> Outcome:
    """Compare the settings before, at and after every boundary, and in between, with the configuration's."""
    plan = bench.pipeline.plan()
    at = {0, 1, plan.steps // 3, plan.steps // 2, plan.steps - 1}
    for stage in plan.stages:
        at |= {max(stage.start - 1, 0), stage.start, stage.start + 1}
    wrong = [s for s in sorted(at) if not same_settings(bench.pipeline.settings_at(s), plan.settings_at(s))]
    return judged(not wrong, "settings differ from the configured ones", steps_asked=len(at), wrong_steps=wrong[:8])


@check(
    "D203",
    "the realised mixture matches the requested one",
    "count the rows that each arm gets; look for a branch that always takes the first arm, or none",
    rests_on=("D101",),
)
def mixture(bench: Bench) -> Outcome:
    """Count each arm's rows over training steps of a mixture of the arms in use and rows without mining.

    Of arms that share every batch, some have to be there together; one that is drawn for a batch counts as one draw.
    """
    *others, last = bench.arms
    requested: Mixture = (*((arm, 0.1 / len(others)) for arm in others), (last, 0.6 if others else 0.7), ("none", 0.3))
    try:
        pipeline = bench.pipeline.fresh(stages=(Stage(0, requested),), every=1)
        with suppress(NotOffered):  # an arm may leave a share of its rows to plain training
            requested = pipeline.plan().stages[0].mixture
    except NotOffered:
        pipeline, requested = bench.at_work(), with_the_rest(bench.settings().mixture, bench.arms)
    whole = pipeline.mixed == "batch"
    rows, counted, alone = dict.fromkeys(dict(requested), 0), 0, 0
    for step in observed(pipeline, STEPS * (BATCHES if whole else 1)):
        size = need(step.seen.batch_size, NOT_MINED)
        parts = {arm: len(seen.negatives) for arm, seen in need(step.seen.arms, NOT_MINED).items() if arm in bench.arms}
        parts["none"] = size - sum(parts.values())
        rows = {arm: count + parts.get(arm, 0) for arm, count in rows.items()} | {
            arm: count for arm, count in parts.items() if arm not in rows
        }
        counted, alone = counted + size, alone + (size in parts.values())
    draws = STEPS * BATCHES if whole else counted
    off = {a: (rows[a] / counted - p) * draws / deviation(p, draws) for a, p in requested if p > 0}
    realised = {arm: rows[arm] / counted for arm, _ in requested}
    evidence = {"requested": dict(requested), "realised": realised, "rows": counted}
    if not whole and alone == STEPS and max(dict(requested).values()) < SHARED:
        says = "every batch goes to a single arm"
        return Outcome("fail", evidence, says, 'draw an arm for each row, or set `mixed = "batch"`')
    holds = below([abs(z) for z in off.values()], limit("sampling"))
    return judged(holds, "arms get other shares of the rows than requested", **evidence)


def with_the_rest(mixture: Mixture, arms: tuple[str, ...]) -> Mixture:
    """Return the shares of the arms that mine, and under "none" what is left, whatever it is called."""
    mining = [(arm, share) for arm, share in mixture if arm in arms]
    return (*mining, ("none", 1 - sum(share for _, share in mining)))


def deviation(share: float, rows: int) -> float:
    """Return the standard deviation of a count with a share, and a row for rounding."""
    return math.sqrt(rows * share * (1 - share)) + 1


@check(
    "D205",
    "the temperature divides the energies of the contrastive term",
    "use the temperature of the step's settings; a higher one must flatten the term",
    cheap=True,
    rests_on=("D107",),
)
def flattens(bench: Bench) -> Outcome:
    """Four times a temperature at which nothing is saturated must make the term's gradient about four times smaller."""
    if not bench.pipeline.tempered:
        absent("its contrastive term has no temperature")
    ratios = {arm: flattening(bench, arm) for arm in bench.contrasting}
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
