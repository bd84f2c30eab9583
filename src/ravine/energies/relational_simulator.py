"""The simulator for plans whose states are relations: what it believes of values is held against every two places."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, EnergyConfig
from ravine.energies.likelihood import one_hot_energy, one_hot_surprise, signs_energy, signs_surprise
from ravine.energies.misfit import misfit
from ravine.energies.policy import Policy
from ravine.energies.writing import CERTAIN, handed_on, table, written
from ravine.section import Count

RELATIONS = 6
LASTING = [1, 3, 4, 5]
"""Of the six signs those that are the same in every state."""
LEAST = 1e-6
"""Added to probabilities before their log-odds are taken."""


@dataclass(frozen=True)
class RelationalSimulatorCondition(Condition):
    """What the problem says, as log-odds: where its values are at first, `start` (b, places, values), and the four
    signs of places and of equal values that swaps leave as they are, `lasting` (b, n, n, 4). `signal`, `sigma`: (b,).
    """

    start: Float[Tensor, "b n n"]
    lasting: Float[Tensor, "b n n four"]
    signal: Float[Tensor, " b"]
    sigma: Float[Tensor, " b"]


class RelationalSimulator(Energy[RelationalSimulatorCondition]):
    """E = -sigma sum_t log p(y_t | y_1, ..., y_(t-1), x) up to a constant, as `simulator` has it, of relational states.

    With b_t the belief which value is where, two of the six signs follow at each pair of places [i, j], a_j below or
    above a_i, as surely as b_t has it; the other four are the problem's. A step chooses one pair; its logits are the
    sum of the policy's for the two places. States are judged and not read: b_t hears of the choices before it alone.
    """

    def __init__(
        self, signal: Float[Tensor, " K"], generator: torch.Generator, channels: int, hidden: int, rounds: int
    ) -> None:
        super().__init__()
        self.register_buffer("signal", signal.clone(), persistent=False)
        self.policy = Policy(2, generator, channels, hidden, rounds)
        self.writes = table(2, generator)

    def condition(self, x: Float[Tensor, "b n n six"], k: Int[Tensor, " b"]) -> RelationalSimulatorCondition:
        """Return where the values of the problems `x` are, by how many are below each, and the landscapes' scales."""
        n = x.shape[1]
        rank = (x[..., 0] - x[..., 2]).sum(2) / 4 + (n - 1) / 2
        start = -CERTAIN * (rank[..., None] - torch.arange(n, device=x.device)).square()
        s = self.get_buffer("signal")[k].to(x.dtype)
        return RelationalSimulatorCondition(start, CERTAIN * x[..., LASTING], s, (1 - s.square()).sqrt())

    def energy(
        self, condition: RelationalSimulatorCondition, y: Float[Tensor, "b steps n n seven"]
    ) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return self._run(condition, y)[0]

    def energy_and_surprise(
        self,
        condition: RelationalSimulatorCondition,
        y: Float[Tensor, "b steps n n seven"],
        right: Float[Tensor, "b steps n n seven"],
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, "b steps two"]]:
        """Return the energies of the points `y`, (b,), and -ln p(right | y up to it, x) of a step's signs and choice.

        Of the signs it is a place's sum, and the mean over the places: six for every pair would drown the choice.
        """
        energy, relations, choices = self._run(condition, y, apart=True)
        of_relations = signs_surprise(relations, right[..., :RELATIONS]).sum((3, 4)).mean(2)
        of_choices = one_hot_surprise(choices, right[..., RELATIONS].flatten(2))
        return energy, torch.stack([of_relations, of_choices], 2)

    def _run(
        self, condition: RelationalSimulatorCondition, y: Tensor, apart: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the energies, the log-odds of the signs, (b, steps, n, n, 6), and the choices' log-posteriors.

        `apart`: no gradient runs from a step to those before it, as in `simulator`.
        """
        s, sigma, n = condition.signal, condition.sigma, y.shape[2]
        believed = condition.start
        energy, relations, choices = torch.zeros_like(s), [], []
        for point in y.unbind(1):
            at = believed.softmax(2)
            of_relations, signs = signs_energy(related(at, condition.lasting), point[..., :RELATIONS], s, sigma)
            at = handed_on(at, apart)
            first, second = self.policy(at).unbind(1)
            pairs = (first[:, :, None] + second[:, None]).flatten(1)
            of_choice, chosen = one_hot_energy(pairs, point[..., RELATIONS].flatten(1), s, sigma)
            share = chosen.exp().reshape(-1, n, n)
            places = torch.stack([share.sum(2), share.sum(1)], 1)
            believed = written(self.writes, at, handed_on(places, apart))
            energy = energy + of_relations.flatten(1).sum(1) + of_choice
            relations.append(signs)
            choices.append(chosen)
        return energy, torch.stack(relations, 1), torch.stack(choices, 1)


class RelationalSimulatorConfig(EnergyConfig):
    """The simulator for states that are relations between places."""

    name: Literal["relational-simulator"] = "relational-simulator"
    channels: Count = 16
    """Numbers per place that a round passes on."""
    hidden: Count = 32
    """Hidden units per place."""
    rounds: Count = 3
    """Rounds of comparing places before a choice, of one set of weights."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> RelationalSimulator:
        """Return the energy for problems (n, n, 6) and answers (steps, n, n, 7)."""
        n, steps = shape.x[0], shape.y[0]
        if shape.x != (n, n, RELATIONS) or shape.y != (steps, n, n, RELATIONS + 1):
            raise misfit(self.name, "problems (n, n, 6) and answers (steps, n, n, 7)", shape, "task sort has them")
        return RelationalSimulator(diffusion.signal.cpu(), generator, self.channels, self.hidden, self.rounds)


def related(at: Float[Tensor, "b n n"], lasting: Float[Tensor, "b n n four"]) -> Float[Tensor, "b n n six"]:
    """Return the log-odds of the six signs at [i, j] for beliefs `at`, (b, places, values), values in rising order."""
    n = at.shape[1]
    below = torch.ones(n, n, dtype=at.dtype, device=at.device).tril(-1)
    same = torch.eye(n, dtype=at.dtype, device=at.device)
    smaller = (at @ below @ at.mT) * (1 - same)
    values = ((smaller + LEAST).log() - (1 - smaller + LEAST).log())[..., None]
    return torch.cat([values, lasting[..., :1], values.transpose(1, 2), lasting[..., 1:]], -1)
