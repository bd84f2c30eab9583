"""What a run's configuration says of its mining, and how it is changed for the doctor."""

import math
from collections.abc import Mapping
from typing import Any

from ravine.build.mining import decay
from ravine.config.mining import NAMED_CURRICULA, MiningConfig, StageConfig, mixture_of
from ravine.config.schema import RunConfig
from ravine.config.sources import checked_run, with_changes
from ravine.doctor.bench import ROWS, ROWS_A_LANDSCAPE
from ravine.doctor.pipeline import absent
from ravine.doctor.shown import Plan, Recipe
from ravine.mining.arms import NONE
from ravine.mining.curriculum import Stage
from ravine.mining.propose.replay import Replay
from ravine.mining.refine.descent import Descend
from ravine.mining.select.lowest import Lowest
from ravine.mining.select.most_deceptive import MostDeceptive
from ravine.mining.select.only import Only
from ravine.mining.shares import Mixture


def plan_of(config: RunConfig) -> Plan:
    """Return the curriculum, read off the configuration's own fields."""
    mining, steps = config.mining, config.training.steps
    stages = mining.stages or NAMED_CURRICULA[mining.curriculum]
    if not stages:
        stage = Stage(0, mined_mixture(config, mining), mining.temperature, mining.weight)
        return Plan((stage,), mining.every, False, decay(config), steps)
    made = [
        Stage(
            stage.first_step(steps),
            mined_mixture(config, stage),
            mining.temperature if stage.temperature is None else stage.temperature,
            mining.weight if stage.weight is None else stage.weight,
        )
        for stage in stages
    ]
    last = {stage.start: stage for stage in made}  # of stages that round to one step the last one counts
    return Plan(tuple(last.values()), mining.every, mining.interpolate, decay(config), steps)


def mined_mixture(config: RunConfig, chosen: MiningConfig | StageConfig) -> Mixture:
    """Return the shares of the rows that arms are given: what an arm's own share leaves is not mined."""
    known, shares = config.mining.every_arm, dict[str, float]()
    for name, part in mixture_of(chosen.arm, chosen.mixture).items():
        mined = known[name].share if name in known else 1.0
        shares[name] = shares.get(name, 0.0) + mined * part
        if mined < 1:
            shares[NONE] = shares.get(NONE, 0.0) + (1 - mined) * part
    return tuple(shares.items())


def recipe_of(config: RunConfig, arm: str) -> Recipe:
    """Return an arm's recipe as its configuration states it."""
    chosen = config.mining.every_arm[arm]
    refine, select = chosen.refine, chosen.select
    if not isinstance(refine, Descend):
        absent(f"arm {arm!r} refines in a way that the doctor cannot compute")
    match select:
        case Only():
            picked = Recipe(candidates=select.candidates, selection="only")
        case Lowest():
            picked = Recipe(candidates=select.candidates, selection="lowest")
        case MostDeceptive():
            picked = Recipe(candidates=select.candidates, selection="most-deceptive", weight=select.weight)
        case _:
            absent(f"arm {arm!r} selects in a way that the doctor cannot compute")
    return Recipe(
        refine.steps, refine.step_scale, refine.keep, refine.radius, picked.candidates, picked.selection, picked.weight
    )


def small(config: RunConfig) -> RunConfig:
    """Return the configuration with batches of a few problems a landscape, a multiple of four parts.

    Memories hold one batch, so that what a step leaves in them shows in the next. What diverges does not go back. Every
    step is computed eagerly: nothing stands between the doctor and what it looks at.
    """
    parts = math.lcm(4, config.training.accumulation)
    wanted = max(ROWS, ROWS_A_LANDSCAPE * config.diffusion.landscapes)
    rows = -(-wanted // parts) * parts
    changes: dict[str, Any] = {"training.batch": rows, "training.validation_problems": 8, "training.rollback.times": 0}
    changes["compute.engine"] = "eager"
    for name, arm in config.mining.every_arm.items():
        if isinstance(arm.propose, Replay):
            table = arm.model_dump(mode="json")
            changes[f"mining.arms.{name}"] = {**table, "propose": {**table["propose"], "capacity": rows}}
    return changed(config, changes)


def changed(config: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """Return the configuration with fields changed, by dotted path."""
    return checked_run(with_changes(config.model_dump(mode="json"), changes)) if changes else config
