"""What becomes of whom follows a plan."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ravine.tasks.plans.draw import Journeys
from ravine.tasks.plans.encoding import journeys_of, moves_of
from ravine.tasks.plans.graphs import Edges, hops_to, optimal_moves


@dataclass(frozen=True)
class Followed:
    """By step, (b, steps): whether the move is along an `edge`, whether it is `right`, whether the goal is `reached`.

    A move is right if it is an edge that brings one nearer to the goal, or stays there once it is reached. Each move is
    judged from where the move before it leads, be it allowed or not.
    """

    edge: Bool[Tensor, "b steps"]
    right: Bool[Tensor, "b steps"]
    reached: Bool[Tensor, "b steps"]

    @property
    def optimal(self) -> Bool[Tensor, " b"]:
        """Whether every move is right and the last one ends at the goal: a shortest plan, and no other."""
        return self.right.all(1) & self.reached[:, -1]

    @property
    def arrives(self) -> Bool[Tensor, " b"]:
        """Whether edges alone lead to the goal, by detours perhaps; what comes after does not count."""
        walked = self.edge.long().cumprod(1).bool()
        return (walked & self.reached).any(1)


def follow(x: Float[Tensor, "b n n 4"], y: Float[Tensor, "b steps n"]) -> Followed:
    """Return what becomes of the plans `y`, decoded, in the problems `x`."""
    journeys, moves = journeys_of(x), moves_of(y)
    row = torch.arange(len(moves), device=moves.device)[:, None]
    before = torch.cat([journeys.start[:, None], moves[:, :-1]], 1)
    goal = journeys.goal[:, None]
    nearer = optimal(journeys, moves.shape[1])[row, before, moves]
    stays = (before == goal) & (moves == goal)
    return Followed(journeys.edges[row, before, moves], nearer | stays, moves == goal)


def optimal(journeys: Journeys, steps: int) -> Edges:
    """Return the moves that bring one nearer to a goal at most `steps` moves away."""
    return optimal_moves(journeys.edges, hops_to(journeys.edges, journeys.goal, steps))
