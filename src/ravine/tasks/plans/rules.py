"""Rules that need no energy: each says where to go from a node, and a plan is the rule repeated until the goal."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ravine.batch import Batch
from ravine.seeding import Seeds
from ravine.tasks.answers import one_hot
from ravine.tasks.baselines import Predictor
from ravine.tasks.plans.draw import Journeys
from ravine.tasks.plans.encoding import journeys_of
from ravine.tasks.plans.graphs import at, hops, hops_to

AHEAD = 3
"""From how many moves away `NearGoal` sees the goal."""
REACH = 2
"""How many moves `Between` looks ahead, and back from the goal."""


class Rule(ABC):
    """A way to choose the next node, which needs no training problems; once at the goal it stays there.

    A rule prefers nodes by a score; among equal ones it takes one at random, by a fixed seed.
    """

    trivial = True

    @abstractmethod
    def scores(self, journeys: Journeys, steps: int) -> Float[Tensor, "b n n"]:
        """Return how much a move from a row's node to a column's node is preferred, equal ones exactly equal."""

    def allowed(self, journeys: Journeys) -> Bool[Tensor, "b n n"]:
        """Return the moves that the rule chooses from: along edges."""
        return journeys.edges

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the rule as a predictor; it needs no `batches`."""
        return self.predict

    def predict(self, problems: Batch) -> Float[Tensor, "b steps n"]:
        """Return the plans that follow from the rule, one-hot."""
        journeys, steps = journeys_of(problems.x), problems.y.shape[1]
        score, allowed = self.scores(journeys, steps), self.allowed(journeys)
        best = score.masked_fill(~allowed, -torch.inf)
        best = allowed & (best == best.amax(2, keepdim=True))
        seeds = Seeds(0, ("plans", type(self).__name__))
        chance = torch.rand((steps, *problems.y[:, 0].shape), generator=seeds.generator()).to(problems.x.device)
        present, moves = journeys.start, []
        for step in range(steps):
            present = self._next(journeys, best, present, chance[step])
            moves.append(present)
        return one_hot(torch.stack(moves, 1), problems.y.shape[-1]).to(problems.y.dtype)

    def _next(self, journeys: Journeys, best: Tensor, present: Tensor, chance: Tensor) -> Int[Tensor, " b"]:
        there = torch.where(at(best, present), chance, -1.0).argmax(1)
        return torch.where(present == journeys.goal, journeys.goal, there)


class GoalAtOnce(Rule):
    """Goes to the goal in one move, whether there is an edge or not."""

    def scores(self, journeys: Journeys, steps: int) -> Float[Tensor, "b n n"]:
        """Return 1 for the goal, else 0."""
        return (-hops_to(journeys.edges, journeys.goal, 1).clamp(max=1).float())[:, None].expand(journeys.edges.shape)

    def allowed(self, journeys: Journeys) -> Bool[Tensor, "b n n"]:
        """Return every move."""
        return torch.ones_like(journeys.edges)


class RandomNeighbour(Rule):
    """Goes to a random neighbour."""

    def scores(self, journeys: Journeys, steps: int) -> Float[Tensor, "b n n"]:
        """Return 0 for every move."""
        return torch.zeros_like(journeys.edges, dtype=torch.float32)


class BestConnected(Rule):
    """Goes to the neighbour with most neighbours of its own; it never looks at the goal."""

    def scores(self, journeys: Journeys, steps: int) -> Float[Tensor, "b n n"]:
        """Return every node's out-degree."""
        return journeys.edges.float().sum(2)[:, None].expand(journeys.edges.shape)


class NearGoal(Rule):
    """Goes to the neighbour nearest to the goal where one is within 3 moves of it, else to a random one."""

    def scores(self, journeys: Journeys, steps: int) -> Float[Tensor, "b n n"]:
        """Return minus the moves left, more than 3 of them all alike."""
        return -hops_to(journeys.edges, journeys.goal, AHEAD).float()[:, None].expand(journeys.edges.shape)


class Between(Rule):
    """Goes to the neighbour with most nodes that it reaches in 2 moves and that reach the goal in 2; itself counts."""

    def scores(self, journeys: Journeys, steps: int) -> Float[Tensor, "b n n"]:
        """Return how many such nodes every node has."""
        reaches = (hops(journeys.edges, REACH) <= REACH).float()
        before = (hops_to(journeys.edges, journeys.goal, REACH) <= REACH).float()
        return (reaches @ before[..., None])[..., 0][:, None].expand(journeys.edges.shape)


class Exact(Rule):
    """Breadth-first search: goes to a neighbour nearest to the goal; the exact method, not a trivial predictor."""

    trivial = False

    def scores(self, journeys: Journeys, steps: int) -> Float[Tensor, "b n n"]:
        """Return minus the moves left."""
        return -hops_to(journeys.edges, journeys.goal, steps).float()[:, None].expand(journeys.edges.shape)
