"""What training costs, in energy evaluations or operations, and how many steps of an arm cost as much as a baseline's.

Operations are those of `torch.utils.flop_counter`: two for each multiply-add of matrix products, convolutions and
attention, forward and backward. Elementwise work, reductions and kernels of one's own are not counted.
"""

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from ravine.build.mining import curriculum, focuses, miners, objective
from ravine.build.parts import device, diffusion, energy, solver, task
from ravine.config.schema import RunConfig
from ravine.evaluation.work import Counter
from ravine.mining.arms import NONE
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw, Losses, Objective
from ravine.seeding import Seeds
from ravine.training.sampler import Sampler, start_memories, streams

PROBE = 4
"""Problems of the smaller of two steps on which an arm's cost is counted; the larger has twice as many."""
MOST_LOOKS = 1000
PRODUCTS: dict[Any, Any] = {
    torch.ops.aten.mv: lambda matrix, vector, **_: 2 * math.prod(matrix),
    torch.ops.aten.addmv: lambda start, matrix, vector, **_: 2 * math.prod(matrix),
    torch.ops.aten.dot: lambda first, second, **_: 2 * math.prod(first),
}
"""Operations of products, by the shapes of their factors, that PyTorch's counter does not know."""
FORMULAS: Mapping[Any, Callable[..., int]] = FlopCounterMode(display=False, custom_mapping=PRODUCTS).flop_registry
"""Operations of products by what PyTorch calls: of its arguments, and of what it returns as `out_val`."""
Step = Callable[[], Losses]
Count = Callable[[Step], float]
"""Takes a step's draw and losses, and returns what they cost."""


def evaluations(step: Step) -> float:
    """Return the energy evaluations of a step, as training counts them."""
    return step().evaluations


class Operations(Counter):  # type: ignore[no-untyped-call]
    """Counts as PyTorch's own counter does, which would import the compiler first."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Return what the operation `func` returns, counted."""
        made = func(*args, **(kwargs or {}))
        formula = FORMULAS.get(func.overloadpacket)
        self.count += formula(*args, **(kwargs or {}), out_val=made) if formula else 0
        return made


def operations(step: Step) -> float:
    """Return the operations of a step: of making its problems, of mining, of the losses, and of their gradients."""
    with Operations() as counter:
        step().total.backward()  # type: ignore[no-untyped-call]
    return float(counter.count)


COUNTS: Mapping[str, Count] = MappingProxyType({"compute": evaluations, "operations": operations})
"""What arms are matched by, as in a study's `matching`."""


@dataclass(frozen=True)
class StepCost:
    """What a step costs: `by_arm` for each of the arm's problems, and `fixed` whatever their number."""

    by_arm: Mapping[str, float]
    fixed: float


def step_cost(config: RunConfig, count: Count) -> StepCost:
    """Return what a step costs, counted on real steps of two sizes of every arm in use, and of none."""
    few, many = (dict(counted(config, count, size)) for size in (PROBE, 2 * PROBE))
    by_arm = {arm: (many[arm] - few[arm]) / PROBE for arm in few}
    return StepCost(by_arm, max(few[arm] - PROBE * by_arm[arm] for arm in few))


def counted(config: RunConfig, count: Count, size: int) -> Iterator[tuple[str, float]]:
    """Yield every arm in use, and `none`, with what a step of `size` problems costs that are all the arm's."""
    made, where, landscapes, known = task(config), device(config), diffusion(config), {NONE: None, **miners(config)}
    model, seeds = energy(config, made), Seeds(config.seed, ("cost",))
    loss = objective(config, model, landscapes, made)
    sampler = Sampler(made, model, landscapes, known, size, solver(config, made), focuses(config), loss.denoise)
    memories = start_memories(known, made, seeds, where)
    for arm in known:
        settings = MiningSettings(((arm, 1.0),), 1.0, 1.0)
        draw = functools.partial(sampler.draw, 0, settings, streams(seeds.child(arm), where), memories)
        yield arm, count(functools.partial(losses, loss, draw, settings))


def losses(loss: Objective, draw: Callable[[], Draw], settings: MiningSettings) -> Losses:
    """Return the losses of a step, its draw included."""
    result: Losses = loss(draw(), settings)
    return result


def training_cost(config: RunConfig, count: Count) -> Callable[[int], float]:
    """Return what a training costs as a function of its number of steps.

    It follows from the shares of the arms at each step, averaged over up to 1,000 evenly spaced ones.
    """
    cost = step_cost(config, count)
    plain = cost.by_arm[NONE]

    def spent(steps: int) -> float:
        schedule = replace(curriculum(with_steps(config, steps)), every=1)
        looks = range(0, steps, max(1, steps // MOST_LOOKS))
        mixtures = [schedule.settings_at(step).mixture for step in looks]
        mined = sum(share * (cost.by_arm[arm] - plain) for mixture in mixtures for arm, share in mixture) / len(looks)
        active = -(-steps // config.mining.every)
        fixed = steps * config.training.accumulation * cost.fixed
        return fixed + config.training.batch * (steps * plain + active * mined)

    return spent


def with_steps(config: RunConfig, steps: int) -> RunConfig:
    """Return the same run with another number of optimiser steps."""
    return config.model_copy(update={"training": config.training.model_copy(update={"steps": steps})})


def steps_of_equal_cost(config: RunConfig, baseline: RunConfig, count: Count) -> int:
    """Return the steps of `config` whose cost comes nearest to that of the baseline; at least 1."""
    budget = training_cost(baseline, count)(baseline.training.steps)
    spent = training_cost(config, count)
    few, many = 1, 2
    while spent(many) < budget:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if spent(middle) <= budget else (few, middle)
    return few if abs(spent(few) - budget) <= abs(spent(many) - budget) else many
