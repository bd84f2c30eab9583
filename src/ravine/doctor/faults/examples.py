"""Faults of mined points as examples, as controls; and of where points lie."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import Tensor

from ravine.batch import per_problem
from ravine.doctor.faults.planted import Method, Replacement, fault, method
from ravine.mining.context import MiningContext
from ravine.mining.miner import Miner
from ravine.mining.use import Examples, Use

EXAMPLES = ("mining.arms.examples={propose={kind='corruption'}, use='target'}", "mining.arm=examples")


def targets_of_examples(change: Callable[[MiningContext, Examples], Tensor]) -> list[Replacement]:
    """Return the replacement by which hard examples ask for another noise."""

    def examples(original: Method, self: Use, context: MiningContext, *rest: Any) -> Examples:
        made: Examples = original(self, context, *rest)
        return replace(made, eps=change(context, made))

    return [(Use, "examples", examples)]


@fault("D302", overrides=EXAMPLES)
def plain_noise_as_an_examples_target() -> list[Replacement]:
    """Hard examples ask for the noise that they were made with, which leads to the wrong answer."""
    return targets_of_examples(lambda context, made: context.eps if context.eps is not None else made.eps)


@fault("D302", targets_of_examples, overrides=EXAMPLES)
def target_of_another_landscape(context: MiningContext, made: Examples) -> Tensor:
    """The target of a hard example is in units of the next smoother landscape's noise."""
    sigma = context.diffusion.sigma
    return made.eps * per_problem((sigma / sigma.roll(-1))[context.k], made.eps)


@fault("D319", overrides=("mining.arms.far={use='target', noise=20}", "mining.arm=far"))
def examples_far_outside() -> None:
    """Hard examples are configured to lie under twenty times the noise of their landscape."""


@fault("D319", method(Miner, "choose"), overrides=("mining.arm=random",))
def negatives_nearer_than_the_positive(
    original: Method, self: Miner, condition: Any, context: MiningContext, made: Tensor, *rest: Any
) -> Any:
    """Negatives take back half of the noise that the positive is shown under."""
    assert context.eps is not None
    back = 0.5 * per_problem(context.noise_level(), made) * context.eps[:, None]
    near = context.around_right(0.1 * (made - context.batch.y[:, None]) - back)
    return original(self, condition, context, near, *rest)


@fault("D409", overrides=("mining.arms.random-descent={refine={steps=2}}", "mining.arm=random-descent"))
def random_control_descends() -> None:
    """An arm that is called random descends the energy."""
