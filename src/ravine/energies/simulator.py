"""An energy of plans: a learned simulator says, step by step, how likely the next choice and the next state are."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, EnergyConfig
from ravine.energies.likelihood import levels_energy, levels_surprise, one_hot_energy, one_hot_surprise
from ravine.energies.misfit import misfit
from ravine.energies.policy import Policy
from ravine.energies.writing import beginning, handed_on, table, written
from ravine.section import Count


@dataclass(frozen=True)
class SimulatorCondition(Condition):
    """The problem's values in rising order, `levels` (b, n), and where they are at first, `start` (b, places, n) as
    log-odds. `signal` and `sigma`: s and sigma, (b,).
    """

    levels: Float[Tensor, "b n"]
    start: Float[Tensor, "b n n"]
    signal: Float[Tensor, " b"]
    sigma: Float[Tensor, " b"]


class Simulator(Energy[SimulatorCondition]):
    """E = -sigma sum_t log p(y_t | y_1, ..., y_(t-1), x) up to a constant: plans, as a learned simulator expects them.

    An answer has steps of a state, the value at each of n places, and choices of places. With b_t the belief which of
    the problem's values is where at step t, and a_t that which places are chosen,

        b_t = softmax_v(m_t + log N(y_t; s v, sigma^2)),  m_1 from x;    E += -sigma log sum_v softmax(m_t)_v N(...)
        a_t = softmax_i(q(b_t) + 2 s y_ti / sigma^2);                    E += `one_hot_energy` of the logits q(b_t)
        m_(t+1)(place, v) = sum_r r(place) [W_r0 b_t(place, v) + sum_c W_rc sum_i a_tc(i) b_t(i, v)]

    The policy q (`ravine.energies.policy`) compares places by their order and by that of the values they hold. What
    choices do is the table W: in each role r of a place (any; chosen first; chosen second) it says how much of its own
    value and of those at the chosen places is there next. Both are the same at every step, so that a step is judged by
    the problem and by the steps before it, and through the gradient by those after it. Nothing knows n, how many steps
    there are, or where a place is: the same weights sort longer arrays in more steps.
    """

    def __init__(
        self,
        choices: int,
        signal: Float[Tensor, " K"],
        generator: torch.Generator,
        channels: int,
        hidden: int,
        rounds: int,
    ) -> None:
        super().__init__()
        self.register_buffer("signal", signal.clone(), persistent=False)
        self.policy = Policy(choices, generator, channels, hidden, rounds)
        self.writes = table(choices, generator)

    def condition(self, x: Float[Tensor, "b n one"], k: Int[Tensor, " b"]) -> SimulatorCondition:
        """Return the values of the problems `x` in order, where they are, and the scales of their landscapes."""
        levels, places = x[..., 0].sort(dim=1, stable=True)
        start = beginning(places, x.dtype)
        s = self.get_buffer("signal")[k].to(x.dtype)
        return SimulatorCondition(levels, start, s, (1 - s.square()).sqrt())

    def energy(self, condition: SimulatorCondition, y: Float[Tensor, "b steps n channels"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return self._run(condition, y)[0]

    def energy_and_surprise(
        self,
        condition: SimulatorCondition,
        y: Float[Tensor, "b steps n channels"],
        right: Float[Tensor, "b steps n channels"],
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, "b steps cells"]]:
        """Return the energies of the points `y`, (b,), and -ln p(right | y up to it, x) of every value and choice.

        Each step learns from what it is handed and what it should have made of it. Gradients that run back through all
        steps add nothing to that, where every step has its own right values, and explode once steps are sure.
        """
        energy, values, choices = self._run(condition, y, apart=True)
        of_values = levels_surprise(values, right[..., 0], condition.levels)
        of_choices = one_hot_surprise(choices, right[..., 1:].mT)
        return energy, torch.cat([of_values, of_choices], 2)

    def _run(self, condition: SimulatorCondition, y: Tensor, apart: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """Return the energies, and the log-posteriors of the values, (b, t, n, n), and choices, (b, t, c, n).

        `apart`: no gradient runs from a step to those before it.
        """
        s, sigma, levels = condition.signal, condition.sigma, condition.levels
        believed = condition.start
        energy, values, choices = torch.zeros_like(s), [], []
        for point in y.unbind(1):
            of_values, held = levels_energy(believed, point[..., 0], levels, s, sigma)
            at = handed_on(held.exp(), apart)
            of_choices, chosen = one_hot_energy(self.policy(at), point[..., 1:].mT, s, sigma)
            believed = written(self.writes, at, handed_on(chosen.exp(), apart))
            energy = energy + of_values.sum(1) + of_choices.sum(1)
            values.append(held)
            choices.append(chosen)
        return energy, torch.stack(values, 1), torch.stack(choices, 1)


class SimulatorConfig(EnergyConfig):
    """An energy that simulates plans of choices among places, step by step; it fits any number of places and steps."""

    name: Literal["simulator"] = "simulator"
    channels: Count = 16
    """Numbers per place that a round passes on."""
    hidden: Count = 32
    """Hidden units per place."""
    rounds: Count = 3
    """Rounds of comparing places before a choice, of one set of weights."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> Simulator:
        """Return the energy for a task of states and choices, x (n, 1) and y (steps, n, 1 + choices)."""
        if len(shape.x) != 2 or shape.x[1] != 1 or len(shape.y) != 3 or shape.y[1] != shape.x[0] or shape.y[2] < 2:
            raise misfit(
                self.name, "problems (n, 1) and answers (steps, n, 1 + choices)", shape, "task sort-2 has them"
            )
        sizes = self.channels, self.hidden, self.rounds
        return Simulator(shape.y[2] - 1, diffusion.signal.cpu(), generator, *sizes)
