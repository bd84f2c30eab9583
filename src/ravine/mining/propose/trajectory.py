"""Where the present solver stands as it comes to the row's landscape."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import by_problem, per_problem
from ravine.mining.context import MiningContext
from ravine.mining.free import root_mean_square
from ravine.mining.propose.solving import Solving
from ravine.section import Positive


class Trajectory(Solving):
    """The solver's answer as it stands before landscape k: the state from which the energy has to continue.

    That is its answer after the landscape visited before k, zeros but for the given entries before the first. Of a
    landscape that the solver leaves out, it is the answer before the next sharper one. The whole way is solved and
    counted. An energy that has learned little is led far out: `radius` draws such states towards the right answer.
    Source: scheduled sampling (Bengio et al. 2015), for annealed inference.
    """

    kind: Literal["trajectory"] = "trajectory"
    radius: Positive | None = None
    """Farthest distance from the right answer, root mean square, in units of the landscape's noise."""

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return each row's state before its landscape, one start for each candidate."""
        way, around = self.solution(context, candidates, generator).trajectory, context.repeat(candidates)
        states = torch.cat([torch.zeros_like(around.batch.y)[None], way.answers])
        rows = torch.arange(len(around.k), device=around.k.device)
        visited = self.within(around, states[first_visit(way.order, around.k), rows])
        return by_problem(around.hold(visited), candidates)

    def within(self, context: MiningContext, states: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return states no farther from their right answers than the radius, those inside as they are."""
        if self.radius is None:
            return states
        right = context.batch.y
        far = root_mean_square(context.in_noise_units(states), context.batch).clamp(min=self.radius)
        return right + per_problem(self.radius / far, states) * (states - right)


def first_visit(order: tuple[int, ...], k: Int[Tensor, " b"]) -> Int[Tensor, " b"]:
    """Return when the first landscape as sharp as `k`, or sharper, is visited; without one the number of visits."""
    visit = torch.full_like(k, len(order))
    for index, level in reversed(list(enumerate(order))):
        visit = torch.where(k >= level, index, visit)
    return visit
