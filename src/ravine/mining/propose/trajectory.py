"""Where the present solver stands as it comes to the row's landscape."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import by_problem
from ravine.mining.context import MiningContext
from ravine.mining.propose.solving import Solving


class Trajectory(Solving):
    """The solver's answer as it stands before landscape k: the state from which the energy will be asked to go on.

    That is its answer after the landscape visited before k, zeros but for the given entries before the first. Of a
    landscape that the solver leaves out, it is the answer before the next sharper one. The whole way is solved and
    counted. Source: scheduled sampling (Bengio et al. 2015), for annealed inference.
    """

    kind: Literal["trajectory"] = "trajectory"

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return each row's state before its landscape, one start for each candidate."""
        way, around = self.solution(context, candidates, generator).trajectory, context.repeat(candidates)
        states = torch.cat([torch.zeros_like(around.batch.y)[None], way.answers])
        rows = torch.arange(len(around.k), device=around.k.device)
        return by_problem(around.hold(states[first_visit(way.order, around.k), rows]), candidates)


def first_visit(order: tuple[int, ...], k: Int[Tensor, " b"]) -> Int[Tensor, " b"]:
    """Return when the first landscape as sharp as `k`, or sharper, is visited; without one the number of visits."""
    visit = torch.full_like(k, len(order))
    for index, level in reversed(list(enumerate(order))):
        visit = torch.where(k >= level, index, visit)
    return visit
