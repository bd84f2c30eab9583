"""The shortest path through a graph, as a plan of moves."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import torch
from jaxtyping import Bool, Float
from pydantic import Field, model_validator
from torch import Tensor

from ravine.batch import Batch
from ravine.section import Count, Lax
from ravine.tasks.answers import OneHot, one_hot
from ravine.tasks.base import Task, TaskConfig
from ravine.tasks.baselines import Baseline
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.solved import Solved
from ravine.tasks.plans.draw import Law, shortest_plans
from ravine.tasks.plans.encoding import journeys_of, moves_of, problems_of
from ravine.tasks.plans.files import GraphFiles
from ravine.tasks.plans.follow import follow, optimal
from ravine.tasks.plans.graphs import marked, one_of
from ravine.tasks.plans.metrics import Agreement, Arrives, FirstMove
from ravine.tasks.plans.rules import BestConnected, Between, Exact, GoalAtOnce, NearGoal, RandomNeighbour

Degrees = Literal["released", "sparse"]
SHARES: Mapping[Degrees, float] = {"released": 0.5, "sparse": 0.2}
"""Out-degrees reach this share of the nodes: as the released code draws them, and as the paper says."""
LEAST = 8
"""Nodes from which on graphs are so many that draws do not repeat."""


class ShortestPath(Task):
    """From a directed graph, a start and a goal to the moves of a shortest path.

    x (n, n, 4) of +-1: the edges, the row of the start all +1, the edges again, the row of the goal all +1. y (steps,
    n) of +-1: +1 where the t-th move leads; the start is not in it, and the goal repeats once it is reached. (The
    released y has a third axis of length 1.) Several plans are right: the one in y is drawn, and the verifier takes
    every shortest one. On `goal-decides` problems 2 i and 2 i + 1 have one graph and start, and two goals without an
    optimal first move in common: a rule that does not look at the goal is right in one of the two at most. Source: the
    released code of Du et al. 2024.
    """

    bound = 1.0
    solve_bound = 1.0
    splits = ("same", "harder", "goal-decides")

    def __init__(self, name: str, steps: int, laws: Mapping[str, Law], wrong: Literal["any", "first"] = "any") -> None:
        self.name, self.steps, self.laws, self.wrong = name, steps, dict(laws), wrong
        n = laws["same"].n
        self.x_shape, self.y_shape = (n, n, 4), (steps, n)
        self.space = OneHot()

    @property
    def identity(self) -> str:
        """The task's name, size, and how its problems are drawn."""
        law = self.laws["same"]
        return f"{super().identity}/degrees to {law.degree}/{law.near} to {law.far} moves"

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return problems with one of their shortest plans each."""
        law = self.at_split(self.laws, split)
        draw = law.goal_decides if split == "goal-decides" else law.journeys
        journeys = draw(size, generator)
        plan = shortest_plans(journeys, self.steps, generator)
        return Batch(problems_of(journeys, dtype), one_hot(plan, law.n).to(dtype))

    def solved(self, batch: Batch, answer: Float[Tensor, "b steps n"]) -> Bool[Tensor, " b"]:
        """Return whether decoded answers are shortest plans: every move brings one nearer, until the goal repeats."""
        return follow(batch.x, answer).optimal

    def own_metrics(self) -> tuple[Metric, ...]:
        """Return whole plans right, first moves right, plans that arrive, and moves that are those drawn."""
        return (Solved(self.solved), FirstMove(), Arrives(), Agreement())

    def corrupt(self, batch: Batch, rate: float, generator: torch.Generator) -> Float[Tensor, "b steps n"]:
        """Return right plans with a share `rate` of their moves redrawn, at least one, each wrong where it stands.

        The first of them leaves the right plan for a node that no shortest plan goes to: the whole is never right. With
        `wrong` = first, the first move alone is redrawn, as released (there it may become another optimal one).
        """
        y, steps = batch.y, batch.y.shape[1]
        moves, journeys, row = moves_of(y), journeys_of(batch.x), torch.arange(len(y), device=y.device)[:, None]
        before = torch.cat([journeys.start[:, None], moves[:, :-1]], 1)
        goal = journeys.goal[:, None]
        right = optimal(journeys, steps)[row, before]
        right = right | (marked(journeys.goal, y.shape[-1])[:, None] & (before == goal)[..., None])
        chance = torch.rand(y.shape, generator=generator, device=y.device)
        redrawn = one_of(chance.flatten(0, 1), ~right.flatten(0, 1)).reshape(moves.shape)
        turn = torch.rand(moves.shape, generator=generator, device=y.device)
        touched = (turn < rate) | (turn == turn.amin(1, keepdim=True))
        if self.wrong == "first":
            touched = torch.arange(steps, device=y.device).expand(moves.shape) == 0
        return one_hot(torch.where(touched, redrawn, moves), y.shape[-1]).to(y.dtype)

    def baselines(self) -> Mapping[str, Baseline]:
        """Return rules that look a few moves ahead or not at all, repeated at every node, and the exact method."""
        return {
            "goal at once": GoalAtOnce(),
            "random neighbour": RandomNeighbour(),
            "best-connected neighbour (goal-blind)": BestConnected(),
            "goal within 3 moves": NearGoal(),
            "most nodes between": Between(),
            "breadth-first search": Exact(),
        }

    def files(self) -> GraphFiles:
        """Return how a user's own graphs are read and their plans written."""
        return GraphFiles(self.steps)


class PlansConfig(TaskConfig):
    """The fields of every shortest-path task."""

    metrics: ClassVar[tuple[str, ...]] = ("solved", "first", "arrives", "agreement")
    splits: ClassVar[tuple[str, ...]] = ("same", "harder", "goal-decides")
    best_rule = "goal within 3 moves"

    n: Annotated[int, Field(ge=LEAST)]
    """Nodes of a graph in training."""
    n_harder: Annotated[int, Field(ge=LEAST)]
    """Nodes of a graph of the split `harder`."""
    steps: Count = 8
    """Moves of a plan; after arrival the goal repeats."""
    degrees: Degrees = "released"
    """Out-degrees are uniform from 1 to n / 2 (released) or n / 5 (sparse, as the paper says)."""
    distances: Annotated[tuple[Count, Count], Lax]
    """Moves from start to goal: uniform from the first to the second, both included."""
    distances_harder: Annotated[tuple[Count, Count] | None, Lax] = None
    """The same of the split `harder`; default: as in training."""
    wrong: Literal["any", "first"] = "any"
    """Which moves of a plan are redrawn to make a wrong one: any, or the first alone as released."""

    @model_validator(mode="after")
    def _plans_are_long_enough(self) -> "PlansConfig":
        for name, pair in (("distances", self.distances), ("distances_harder", self.distances_harder)):
            if pair is not None and pair[0] > pair[1]:
                raise ValueError(f"{name} = {list(pair)} begins after it ends; write the lesser one first")
            if pair is not None and pair[1] > self.steps:
                raise ValueError(f"{name} reach {pair[1]} moves, more than steps = {self.steps}; write more steps")
        return self

    def build(self) -> Task:
        """Return the task."""
        laws = {
            "same": self.law(self.n, self.distances),
            "harder": self.law(self.n_harder, self.distances_harder or self.distances),
            "goal-decides": self.law(self.n, self.distances),
        }
        return ShortestPath(self.name, self.steps, laws, self.wrong)

    def law(self, n: int, distances: tuple[int, int]) -> Law:
        """Return how problems of `n` nodes are drawn."""
        return Law(n, max(1, int(n * SHARES[self.degrees])), *distances)


class ShortestPathConfig(PlansConfig):
    """A shortest path: from a directed graph, a start and a goal to the moves; the released task of 20 nodes."""

    name: Literal["shortest-path-1d"] = "shortest-path-1d"
    n: Annotated[int, Field(ge=LEAST)] = 20
    n_harder: Annotated[int, Field(ge=LEAST)] = 25
    distances: Annotated[tuple[Count, Count], Lax] = (4, 6)


class ShortestPath10Config(PlansConfig):
    """A shortest path: from a directed graph, a start and a goal to the moves; the released task of 10 nodes."""

    name: Literal["shortest-path-10-1d"] = "shortest-path-10-1d"
    n: Annotated[int, Field(ge=LEAST)] = 10
    n_harder: Annotated[int, Field(ge=LEAST)] = 15
    distances: Annotated[tuple[Count, Count], Lax] = (2, 5)


class ShortestPath15Config(PlansConfig):
    """A shortest path: from a directed graph, a start and a goal to the moves; the released task of 15 nodes."""

    name: Literal["shortest-path-15-1d"] = "shortest-path-15-1d"
    n: Annotated[int, Field(ge=LEAST)] = 15
    n_harder: Annotated[int, Field(ge=LEAST)] = 20
    distances: Annotated[tuple[Count, Count], Lax] = (2, 5)
    distances_harder: Annotated[tuple[Count, Count] | None, Lax] = (4, 6)
