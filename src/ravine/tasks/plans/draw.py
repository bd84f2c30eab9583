"""Shortest-path problems drawn many at once: of more graphs than problems each problem takes one that fits it."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ravine.tasks.nearest import nearest_neighbour_links
from ravine.tasks.plans.graphs import Edges, at, hops, hops_to, marked, one_of, optimal_moves

SPARE = 32
"""Graphs of each distance beyond one a problem: few problems, too, find theirs."""
PER_PAIR = 8
"""Graphs for each pair of problems that share a start."""


@dataclass(frozen=True)
class Journeys:
    """Graphs (b, n, n) with a node to start from and one to reach, (b,) each."""

    edges: Edges
    start: Int[Tensor, " b"]
    goal: Int[Tensor, " b"]


@dataclass(frozen=True)
class Law:
    """How problems are drawn: `n` nodes, out-degrees 1 to `degree`, `near` to `far` moves from start to goal."""

    n: int
    degree: int
    near: int
    far: int

    def journeys(self, size: int, generator: torch.Generator) -> Journeys:
        """Return problems whose distance is uniform, their graph any one that has such a pair, the pair uniform.

        Every distance has `size` + 32 graphs of its own; its problems take in turn those that hold a pair so far apart.
        Should these run out they are taken again, with pairs of their own; should there be none, a problem takes its
        graph's farthest pair that is less far apart.
        """
        device, kinds, each = generator.device, self.far - self.near + 1, size + SPARE
        kind = torch.randint(kinds, (size,), generator=generator, device=device)
        graphs = nearest_neighbour_links(kinds * each, self.n, self.degree, generator)
        apart = hops(graphs, self.far)
        wanted = torch.arange(self.near, self.far + 1, device=device).repeat_interleave(each)
        fits = (apart == wanted[:, None, None]).flatten(1).any(1).reshape(kinds, each)
        first = (~fits).to(torch.uint8).argsort(dim=1, stable=True)
        turn = marked(kind, kinds).long().cumsum(0).gather(1, kind[:, None])[:, 0] - 1
        chosen = kind * each + first[kind, turn % fits.sum(1)[kind].clamp(min=1)]
        chance = torch.rand((size, self.n, self.n), generator=generator, device=device)
        distance = apart[chosen]
        distance = distance * (distance <= (kind + self.near)[:, None, None])
        pair = one_of(chance, distance == distance.amax((1, 2), keepdim=True))
        return Journeys(graphs[chosen], pair // self.n, pair % self.n)

    def goal_decides(self, size: int, generator: torch.Generator) -> Journeys:
        """Return problems in pairs of one graph and start, whose two goals have no optimal first move in common.

        Of 8 graphs for each pair the first ones are taken in which both goals are `near` to `far` moves away; where too
        few have such, goals are nearer.
        """
        device, n, pairs = generator.device, self.n, (size + 1) // 2
        graphs = nearest_neighbour_links(PER_PAIR * pairs, n, self.degree, generator)
        apart = hops(graphs, self.far)
        inside = (apart > 0) & (apart <= self.far)
        long = inside & (apart >= self.near)
        chance = torch.rand(apart.shape[:2], generator=generator, device=device)
        start = (chance + (graphs.sum(2) > 1) + 2 * undecided(graphs, apart, long)).argmax(1)
        moves = (at(graphs, start)[:, None] & (apart.mT == at(apart, start)[..., None] - 1)).float()
        disjoint = moves @ moves.mT == 0
        wanted, any_far = (disjoint & at(far, start)[:, None] & at(far, start)[..., None] for far in (long, inside))
        fits = wanted.flatten(1).any(1)
        chosen = (~fits).to(torch.uint8).argsort(dim=0, stable=True)[:pairs]
        allowed = torch.where(fits[:, None, None], wanted, any_far)[chosen]
        pair = one_of(torch.rand(allowed.shape, generator=generator, device=device), allowed)
        goals = torch.stack([pair // n, pair % n], 1).flatten()[:size]
        twice = chosen.repeat_interleave(2)[:size]
        return Journeys(graphs[twice], start[twice], goals)


def undecided(edges: Edges, apart: Int[Tensor, "b n n"], goals: Bool[Tensor, "b n n"]) -> Bool[Tensor, "b n"]:
    """Return the starts from which no first move is optimal for all of the start's `goals`."""
    left = apart.to(torch.uint8)
    nearer = left[:, None] == (left - 1)[:, :, None]  # by start, first move and goal
    for_all = (nearer | ~goals[:, :, None]).all(-1) & edges
    return ~for_all.any(-1)


def shortest_plans(journeys: Journeys, steps: int, generator: torch.Generator) -> Int[Tensor, "b steps"]:
    """Return where each move of a shortest plan leads, every move any one of the optimal; the goal once it is reached.

    A plan that is longer than `steps` is cut off.
    """
    edges, present, goal = journeys.edges, journeys.start, journeys.goal
    size, n = edges.shape[:2]
    optimal = optimal_moves(edges, hops_to(edges, goal, steps))
    chance = torch.rand((size, steps, n), generator=generator, device=edges.device)
    row, moves = torch.arange(size, device=edges.device), []
    for step in range(steps):
        present = torch.where(present == goal, goal, one_of(chance[:, step], optimal[row, present]))
        moves.append(present)
    return torch.stack(moves, 1)
