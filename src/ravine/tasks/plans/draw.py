"""Shortest-path problems drawn many at once: more graphs than problems, of which each problem takes one that fits it."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ravine.tasks.plans.graphs import Edges, hops, hops_to, marked, nearest_neighbour_graphs, one_of, optimal_moves

SPARE = 32
"""Graphs of each distance beyond one a problem: few problems, too, find theirs."""
PER_PAIR = 8
"""Graphs for each pair of problems that share a start."""
WORD = 52


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
        graphs = nearest_neighbour_graphs(kinds * each, self.n, self.degree, generator)
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

        Of 8 graphs for each pair the first ones are taken in which both goals can be at least `near` moves away; where
        too few can, goals may be nearer.
        """
        device, n, pairs = generator.device, self.n, (size + 1) // 2
        graphs = nearest_neighbour_graphs(PER_PAIR * pairs, n, self.degree, generator)
        apart = hops(graphs, self.far)
        moves = first_moves(graphs, apart, self.far)
        shared = (moves[:, :, :, None] & moves[:, :, None]).any(-1)
        inside = (apart > 0) & (apart <= self.far)
        disjoint = ~shared & inside[..., None] & inside[:, :, None]
        long = apart >= self.near
        wanted = disjoint & long[..., None] & long[:, :, None]
        fits = wanted.flatten(1).any(1)
        chosen = (~fits).to(torch.uint8).argsort(dim=0, stable=True)[:pairs]
        allowed = torch.where(fits[chosen, None, None, None], wanted[chosen], disjoint[chosen])
        chance = torch.rand(allowed.shape, generator=generator, device=device)
        triple = one_of(chance, allowed)
        start, goals = triple // n**2, torch.stack([triple // n % n, triple % n], 1)
        twice = graphs[chosen].repeat_interleave(2, 0), start.repeat_interleave(2), goals.flatten()
        return Journeys(*(values[:size] for values in twice))


def first_moves(edges: Edges, apart: Int[Tensor, "b n n"], most: int) -> Int[Tensor, "b n n words"]:
    """Return which nodes are optimal first moves, by start and goal, as bits: 52 nodes a word.

    For goals that are 1 to `most` moves away, `apart` as `hops` gives it.
    """
    level = torch.arange(most, device=edges.device)[:, None, None]
    before = bits(apart.mT[:, None] == level)  # (b, moves left, goal, words)
    size, n = edges.shape[:2]
    left = (apart - 1).clamp(0, most - 1)
    row, goal = (torch.arange(count, device=edges.device) for count in (size, n))
    return bits(edges)[:, :, None] & before[row[:, None, None], left, goal]


def bits(marks: Bool[Tensor, "*shape n"]) -> Int[Tensor, "*shape words"]:
    """Return truth values along the last axis as bits of whole numbers, 52 each: float64 adds them up exactly."""
    size = min(WORD, marks.shape[-1])
    padded = torch.nn.functional.pad(marks.double(), (0, -marks.shape[-1] % size)).unflatten(-1, (-1, size))
    return (padded @ 2.0 ** torch.arange(size, device=marks.device, dtype=torch.float64)).long()


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
