"""Faults of choosing among candidates."""

from typing import Any

from torch import Tensor

from ravine.doctor.faults.planted import Method, Replacement, fault, method
from ravine.mining.miner import Miner
from ravine.mining.select.lowest import Lowest
from ravine.mining.select.most_deceptive import MostDeceptive, standardised

HARD = ("mining.arm=hard",)
FAR = ("mining.arms.far={select={kind='most-deceptive', candidates=6, weight=3}}", "mining.arm=far")


def lowest_and_most_deceptive(make: Method) -> list[Replacement]:
    """Return the replacements of both selections by energy."""
    return [(Lowest, "__call__", make), (MostDeceptive, "__call__", make)]


@fault("D401", method(Miner, "choose"), overrides=HARD)
def one_candidate(original: Method, self: Miner, condition: Any, context: Any, proposals: Tensor, *rest: Any) -> Any:
    """Only the first candidate is refined and looked at."""
    return original(self, condition, context, proposals[:, :1], *rest)


@fault("D403", lowest_and_most_deceptive, overrides=HARD)
def index_off_by_one(original: Method, self: Any, energies: Tensor, answers: Tensor, right: Tensor) -> Tensor:
    """The candidate after the chosen one is taken."""
    chosen: Tensor = original(self, energies, answers, right)
    return (chosen + 1) % answers.shape[1]


@fault("D403", lowest_and_most_deceptive, overrides=HARD)
def scores_broadcast_over_the_batch(
    original: Method, self: Any, energies: Tensor, answers: Tensor, right: Tensor
) -> Tensor:
    """Energies of one shape meet distances of another and broadcast: every row takes the first row's choice."""
    chosen: Tensor = original(self, energies, answers, right)
    return chosen[:1].expand_as(chosen)


@fault("D403", method(MostDeceptive, "__call__"), overrides=HARD)
def distance_of_the_wrong_sign(
    original: Method, self: MostDeceptive, energies: Tensor, answers: Tensor, right: Tensor
) -> Any:
    """The nearest candidates are rewarded, not the farthest."""
    return original(self.model_copy(update={"weight": -self.weight}), energies, answers, right)


@fault("D403", method(MostDeceptive, "__call__"), overrides=FAR)
def distance_weight_ignored(
    original: Method, self: MostDeceptive, energies: Tensor, answers: Tensor, right: Tensor
) -> Any:
    """The distance counts at most as much as the energy, whatever its weight."""
    return original(self.model_copy(update={"weight": 1.0}), energies, answers, right)


@fault(
    "D403",
    lowest_and_most_deceptive,
    overrides=("mining.arms.low={select={kind='lowest', candidates=2}}", "mining.arm=low"),
)
def random_pick(original: Method, self: Any, energies: Tensor, answers: Tensor, right: Tensor) -> Tensor:
    """Energies are computed, and a candidate is taken that has nothing to do with them."""
    return (answers.flatten(2)[:, :, 0] > 0).float().argmax(1, keepdim=True)


@fault("D406", lowest_and_most_deceptive, overrides=HARD)
def exception_swallowed(original: Method, self: Any, energies: Tensor, answers: Tensor, right: Tensor) -> Any:
    """Scores of shapes (m, 1) and (m,) broadcast to (m, m), an exception is caught, and a random pick covers it."""
    try:
        score = standardised(energies)[0][:, None] + energies[0]
        if score.shape != energies[0].shape:
            raise IndexError("scores are of another shape than the candidates")
    except IndexError:
        return (answers.flatten(2)[:, :, 0] > 0).float().argmax(1, keepdim=True)
    return original(self, energies, answers, right)
