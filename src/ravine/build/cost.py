"""What training costs in energy evaluations, and how many steps of an arm cost as much as a baseline's."""

from collections.abc import Callable
from dataclasses import replace

from ravine.build.mining import contrast, curriculum, denoise, focuses, miners
from ravine.build.parts import device, diffusion, energy, solver, task
from ravine.config.schema import RunConfig
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Objective
from ravine.seeding import Seeds
from ravine.training.sampler import Sampler, start_memories, streams

PROBE = 4
"""Problems on which an arm's evaluations are counted: each problem of an arm costs the same."""
MOST_LOOKS = 1000


def evaluations_per_problem(config: RunConfig) -> dict[str, float]:
    """Return the energy evaluations that one problem in a training batch costs, by arm in use, counted on a step."""
    made, where, landscapes, known = task(config), device(config), diffusion(config), miners(config)
    model, seeds = energy(config, made), Seeds(config.seed, ("cost",))
    objective = Objective(model, landscapes, made, contrast(config), denoise(config, model))
    sampler = Sampler(made, model, landscapes, known, PROBE, solver(config, made), focuses(config), objective.denoise)
    memories = start_memories(known, made, seeds, where)
    counted = {}
    for arm in known:
        settings = MiningSettings(((arm, 1.0),), 1.0, 1.0)
        draw = sampler.draw(0, settings, streams(seeds.child(arm), where), memories)
        counted[arm] = objective(draw, settings).evaluations / PROBE
    return counted


def training_evaluations(config: RunConfig) -> Callable[[int], float]:
    """Return the energy evaluations of a training as a function of its number of steps.

    They follow from the shares of the arms at each step, averaged over up to 1,000 evenly spaced ones.
    """
    costs = evaluations_per_problem(config)

    def spent(steps: int) -> float:
        asked = config.model_copy(update={"training": config.training.model_copy(update={"steps": steps})})
        schedule = replace(curriculum(asked), every=1)
        looks = range(0, steps, max(1, steps // MOST_LOOKS))
        mixtures = [schedule.settings_at(step).mixture for step in looks]
        mined = sum(share * (costs[arm] - 1) for mixture in mixtures for arm, share in mixture) / len(looks)
        active = -(-steps // config.mining.every)
        return config.training.batch * (steps + active * mined)

    return spent


def steps_of_equal_cost(config: RunConfig, baseline: RunConfig) -> int:
    """Return the steps of `config` whose energy evaluations come nearest to those of the baseline; at least 1."""
    budget = training_evaluations(baseline)(baseline.training.steps)
    spent = training_evaluations(config)
    few, many = 1, 2
    while spent(many) < budget:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if spent(middle) <= budget else (few, middle)
    return few if abs(spent(few) - budget) <= abs(spent(many) - budget) else many
