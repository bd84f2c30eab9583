"""Faults of choosing among candidates, and of what mining costs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ravine.doctor.faults.planted import Replacement, fault
from ravine.mining.context import MiningContext
from ravine.mining.miner import Mined, Miner
from ravine.mining.select import Lowest, MostDeceptive, standardised

Method = Callable[..., Any]
HARD = ("mining.arm=hard",)


def lowest_and_most_deceptive(make: Callable[[Method], Method]) -> list[Replacement]:
    """Return the replacements of both selections by energy."""
    return [(Lowest, "__call__", make), (MostDeceptive, "__call__", make)]


@fault("D401", overrides=HARD)
def one_candidate() -> list[Replacement]:
    """Only the first candidate is refined and looked at."""

    def make(original: Method) -> Method:
        def choose(self: Miner, condition: Any, context: MiningContext, proposals: Tensor) -> Mined:
            mined: Mined = original(self, condition, context, proposals[:, :1])
            return mined

        return choose

    return [(Miner, "choose", make)]


@fault("D403", overrides=HARD)
def index_off_by_one() -> list[Replacement]:
    """The candidate after the chosen one is taken."""

    def make(original: Method) -> Method:
        def call(self: Any, energies: Tensor, answers: Tensor, right: Tensor) -> Tensor:
            chosen: Tensor = original(self, energies, answers, right)
            return (chosen + 1) % answers.shape[1]

        return call

    return lowest_and_most_deceptive(make)


@fault("D403", overrides=HARD)
def scores_broadcast_over_the_batch() -> list[Replacement]:
    """Energies of one shape meet distances of another and broadcast: every row takes the first row's choice."""

    def make(original: Method) -> Method:
        def call(self: Any, energies: Tensor, answers: Tensor, right: Tensor) -> Tensor:
            chosen: Tensor = original(self, energies, answers, right)
            return chosen[:1].expand_as(chosen)

        return call

    return lowest_and_most_deceptive(make)


@fault("D403", overrides=HARD)
def distance_of_the_wrong_sign() -> list[Replacement]:
    """The nearest candidates are rewarded, not the farthest."""

    def make(original: Method) -> Method:
        def call(self: MostDeceptive, energies: Tensor, answers: Tensor, right: Tensor) -> Tensor:
            turned: Tensor = original(replace(self, weight=-self.weight), energies, answers, right)
            return turned

        return call

    return [(MostDeceptive, "__call__", make)]


@fault("D404")
def distance_weight_ignored() -> list[Replacement]:
    """The distance counts at most as much as the energy, whatever its weight."""

    def make(original: Method) -> Method:
        def call(self: MostDeceptive, energies: Tensor, answers: Tensor, right: Tensor) -> Tensor:
            ignored: Tensor = original(replace(self, weight=1.0), energies, answers, right)
            return ignored

        return call

    return [(MostDeceptive, "__call__", make)]


@fault("D405", overrides=("mining.arms.low={select={kind='lowest', candidates=2}}", "mining.arm=low"))
def random_pick() -> list[Replacement]:
    """Energies are computed, and a candidate is taken that has nothing to do with them."""

    def make(original: Method) -> Method:
        def call(self: Any, energies: Tensor, answers: Tensor, right: Tensor) -> Tensor:
            return (answers.flatten(2)[:, :, 0] > 0).float().argmax(1, keepdim=True)

        return call

    return lowest_and_most_deceptive(make)


@fault("D406", overrides=HARD)
def exception_swallowed() -> list[Replacement]:
    """Scores of shapes (m, 1) and (m,) broadcast to (m, m), an exception is caught, and a random pick covers it."""

    def make(original: Method) -> Method:
        def call(self: Any, energies: Tensor, answers: Tensor, right: Tensor) -> Tensor:
            try:
                score = standardised(energies)[0][:, None] + energies[0]
                if score.shape != energies[0].shape:
                    raise IndexError("scores are of another shape than the candidates")
            except IndexError:
                return (answers.flatten(2)[:, :, 0] > 0).float().argmax(1, keepdim=True)
            chosen: Tensor = original(self, energies, answers, right)
            return chosen

        return call

    return lowest_and_most_deceptive(make)


@fault("D408")
def each_point_evaluated_twice() -> list[Replacement]:
    """Energy and gradient of every point are computed apart, and once more for the record."""

    def make(original: Method) -> Method:
        def choose(self: Miner, condition: Any, context: MiningContext, proposals: Tensor) -> Mined:
            mined: Mined = original(self, condition, context, proposals)
            context.energy.energy(condition, context.diffusion.scale(mined.negatives[:, 0], context.k))
            return replace(mined, evaluations=mined.evaluations * 2 + 1)

        return choose

    return [(Miner, "choose", make)]


@fault("D408")
def waiting_for_the_device() -> list[Replacement]:
    """Accepted rows are picked with a boolean mask, which waits for the device at every step."""

    def make(original: Method) -> Method:
        def choose(self: Miner, condition: Any, context: MiningContext, proposals: Tensor) -> Mined:
            mined: Mined = original(self, condition, context, proposals)
            negatives = mined.negatives.clone()
            accepted = negatives.flatten(1)[:, 0] > 0
            negatives[accepted] = negatives[accepted]
            return replace(mined, negatives=negatives)

        return choose

    return [(Miner, "choose", make)]


@fault("D408")
def second_order_graph() -> list[Replacement]:
    """Mining keeps the graph of its descent, which nobody uses."""

    def make(original: Method) -> Method:
        def choose(self: Miner, condition: Any, context: MiningContext, proposals: Tensor) -> Mined:
            mined: Mined = original(self, condition, context, proposals)
            with torch.enable_grad():
                graph = 0 * context.energy.energy(condition, mined.negatives[:, 0]).sum()
                return replace(mined, negatives=mined.negatives + graph)

        return choose

    return [(Miner, "choose", make)]
