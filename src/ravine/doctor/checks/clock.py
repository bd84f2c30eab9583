"""One clock: the optimiser step. Everything that moves with training must hang on it."""

from contextlib import suppress

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, judged
from ravine.doctor.observed import observed
from ravine.doctor.oracle import same_settings
from ravine.doctor.pipeline import NO_SETTINGS, NOT_MINED, NotOffered, Pipeline, need
from ravine.doctor.registry import check
from ravine.mining.curriculum import Stage
from ravine.mining.shares import Mixture

STEPS = 4
EVERY = 3


@check(
    "D101",
    "the step counter advances once per optimiser step",
    "count where the optimiser steps, not where a batch is accumulated",
    cheap=True,
)
def counter(bench: Bench) -> Outcome:
    """Count optimiser steps from outside and compare, with one and with two accumulated parts a step."""
    differences = {}
    for parts in (1, 2):
        try:
            copy = bench.pipeline.fresh() if parts == 1 else bench.pipeline.fresh(accumulation=parts)
        except NotOffered:
            continue
        steps = observed(copy, 2)
        differences[str(parts)] = sum((s.after - s.before) - s.optimizer_steps for s in steps)
        if not sum(s.optimizer_steps for s in steps):
            return Outcome("fail", {"optimiser steps": 0, "training steps": len(steps)}, "the optimiser never steps")
    says = "the counter and the optimiser disagree"
    return judged(not any(differences.values()), says, counter_minus_optimiser_by_parts=differences)


@check(
    "D102",
    "the step counter reaches the curriculum and the miner",
    "query the curriculum with the trainer's own step, at every step",
    cheap=True,
    rests_on=("D101",),
)
def reaches_curriculum(bench: Bench) -> Outcome:
    """Compare the settings that training steps used with the curriculum's for the clock, on a curriculum that moves."""
    pipeline = moving(bench)
    wrong = []
    for step in observed(pipeline, STEPS):
        used = need(step.seen.settings, NO_SETTINGS)
        if not same_settings(used, pipeline.settings_at(step.before)):
            wrong.append(step.before)
    return judged(not wrong, "training used other settings than its curriculum's", wrong_steps=wrong)


def moving(bench: Bench) -> Pipeline:
    """Return a copy with stages at steps 0 and 2, or as configured where stages cannot be set."""
    shares: Mixture = tuple((arm, 1 / len(bench.arms)) for arm in bench.arms)
    stages = (Stage(0, shares, 1.0, 0.5), Stage(2, shares, 2.0, 0.25))
    try:
        return bench.pipeline.fresh(stages=stages)
    except NotOffered:
        return bench.pipeline.fresh()


@check(
    "D104",
    "the miner is called as often as configured",
    "mine at the optimiser steps that are multiples of N, and at no others; look for a branch that skips mining",
    cheap=True,
)
def called(bench: Bench) -> Outcome:
    """Count the training steps that mined, from the first stage that should: as configured, and on every third step."""
    copies = [bench.pipeline.fresh()]
    with suppress(NotOffered):
        copies.append(bench.pipeline.fresh(every=EVERY))
    counts = [counted(copy, bench.arms) for copy in copies]
    holds = all(wanted == mined for wanted, mined in counts)
    return judged(holds, "mining happens on other steps than configured", configured_mined=counts)


def counted(pipeline: Pipeline, arms: tuple[str, ...]) -> list[int]:
    """Return on how many steps a pipeline should mine, and on how many it does."""
    plan = pipeline.plan()
    firsts = (s.start for s in plan.stages if mines_everywhere(s.mixture, arms))
    wanted, mined = 0, 0
    for start in starts(need(next(firsts, None), "no stage mines on every row"), plan.every, plan.steps):
        if start != pipeline.clock():
            pipeline.jump(start)
        for step in observed(pipeline, STEPS):
            there = need(step.seen.arms, NOT_MINED)
            if mines_everywhere(pipeline.settings_at(step.before).mixture, arms):
                wanted += step.before % plan.every == 0
                mined += bool(there)
    return [wanted, mined]


def starts(first: int, every: int, steps: int) -> list[int]:
    """Return where to look at a few steps each: at the first that should mine, and round the next that does."""
    after = (first // every + 1) * every
    return [first] if after < first + STEPS or after + STEPS > steps else [first, after - 1]


def mines_everywhere(mixture: Mixture, arms: tuple[str, ...]) -> bool:
    """Return whether every row of a batch belongs to an arm that mines."""
    return all(arm in arms for arm, share in mixture if share > 0)
