"""The shortest path as a sequence of states and moves over pairs of nodes: the released task that hides the goal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Bool, Float
from pydantic import Field, model_validator
from torch import Tensor

from ravine.batch import Batch
from ravine.section import Count, Lax
from ravine.tasks.answers import Signs, one_hot
from ravine.tasks.base import Task
from ravine.tasks.baselines import Baseline, Predictor
from ravine.tasks.metrics.base import Metric, ShareMetric
from ravine.tasks.metrics.solved import Solved
from ravine.tasks.plans.draw import Journeys, Law, shortest_plans
from ravine.tasks.plans.encoding import moves_of, problems_of, relational
from ravine.tasks.plans.follow import Followed, follow
from ravine.tasks.plans.rules import BestConnected, Exact, RandomNeighbour, Rule
from ravine.tasks.plans.task import LEAST, PlansConfig, ShortestPath

PARTS = ("edges", "present", "move")
"""What the last axis of y holds."""


class RelationalPath(Task):
    """From a directed graph and a start to the states and moves of a shortest path; the goal is not told.

    x (n, n, 2) of +-1: the edges, the row of the start all +1; with `tell_goal` the row of the goal besides. y (steps,
    n, n, 3) of +-1: the edges, the row of the present node all +1, and +1 at the edge (from, to) that is taken next.
    After arrival the state repeats, and the edge is (0, 0). As released the goal is in y alone, so that the answer is
    undetermined: `solved` reads it there, and a plan to another node is wrong. States are not judged, as released.
    Source: the released code of Du et al. 2024, its task `shortest-path`.
    """

    bound = 1.0
    solve_bound = 1.0
    space = Signs()
    block = 100  # an answer has 19,200 entries

    def __init__(self, plans: ShortestPath, tell_goal: bool) -> None:
        self.name, self.plans, self.verifiable = plans.name, plans, tell_goal
        n, steps = plans.x_shape[0], plans.steps
        self.laws: Mapping[str, Law] = {split: plans.laws[split] for split in self.splits}
        self.x_shape, self.y_shape = (n, n, 3 if tell_goal else 2), (steps, n, n, len(PARTS))

    @property
    def identity(self) -> str:
        """The task's name and size, how its problems are drawn, and whether they tell the goal."""
        return f"{self.plans.identity}/{'goal told' if self.verifiable else 'goal hidden'}"

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return problems with one of their shortest plans each."""
        journeys = self.at_split(self.laws, split).journeys(size, generator)
        y = relational(journeys, shortest_plans(journeys, self.plans.steps, generator))
        x = problems_of(journeys, dtype)[..., [0, 1, 3] if self.verifiable else [0, 1]]
        return Batch(x, y.to(dtype))

    def solved(self, batch: Batch, answer: Float[Tensor, "b steps n n 3"]) -> Bool[Tensor, " b"]:
        """Return whether the moves, the greatest entry of each step's, are a shortest plan."""
        return self.followed(batch, answer).optimal

    def followed(self, batch: Batch, answer: Float[Tensor, "b steps n n 3"]) -> Followed:
        """Return what becomes of the plan that an answer holds; a move from where one is not leads nowhere."""
        journeys = self.journeys(batch)
        n, start = journeys.edges.shape[-1], journeys.start[:, None]
        edge = answer[..., PARTS.index("move")].flatten(2).argmax(2)
        leaves, to = edge // n, edge % n
        at_goal = torch.cat([start, to[:, :-1]], 1) == journeys.goal[:, None]
        ended = at_goal.long().cumsum(1) > 0
        to = torch.where(ended & (edge == 0), journeys.goal[:, None], to)
        present = torch.cat([start, to[:, :-1]], 1)
        lost = (leaves != present) & ~ended
        plan = one_hot(torch.where(lost, present, to), n).to(answer.dtype)
        return follow(problems_of(journeys, answer.dtype), plan)

    def journeys(self, batch: Batch) -> Journeys:
        """Return graphs, starts and goals: the last state of `batch.y` says the goal where the problem does not."""
        mark = batch.x[..., 2] if self.verifiable else batch.y[:, -1, ..., PARTS.index("present")]
        return Journeys(batch.x[..., 0] > 0, batch.x[..., 1].sum(2).argmax(1), mark.sum(2).argmax(1))

    def own_metrics(self) -> tuple[Metric, ...]:
        """Return whole plans right and first moves right."""
        return (Solved(self.solved), RelationalFirstMove(self))

    def corrupt(self, batch: Batch, rate: float, generator: torch.Generator) -> Float[Tensor, "b steps n n 3"]:
        """Return right answers with moves redrawn as those of `ShortestPath` are, and the states that follow."""
        journeys, move = self.journeys(batch), batch.y[..., PARTS.index("move")].flatten(2).argmax(2)
        n = journeys.edges.shape[-1]
        moves = torch.where(move == 0, journeys.goal[:, None], move % n)
        plans = Batch(problems_of(journeys, batch.x.dtype), one_hot(moves, n).to(batch.y.dtype))
        return relational(journeys, moves_of(self.plans.corrupt(plans, rate, generator))).to(batch.y.dtype)

    def baselines(self) -> Mapping[str, Baseline]:
        """Return the rules that do not look at the goal, and the exact method where the goal is told."""
        exact = {"breadth-first search": RelationalRule(self, Exact())} if self.verifiable else {}
        return {
            "random neighbour": RelationalRule(self, RandomNeighbour()),
            "best-connected neighbour (goal-blind)": RelationalRule(self, BestConnected()),
            **exact,
        }


@dataclass(frozen=True)
class RelationalFirstMove(ShareMetric):
    """1 where the first move is an edge from the start that brings one nearer to the goal, else 0."""

    task: RelationalPath

    name = "first"
    label = "first move"

    def values(self, batch: Batch, answer: Float[Tensor, "b steps n n 3"]) -> Float[Tensor, " b"]:
        """Return 1.0 for each first move that is optimal, else 0.0."""
        return self.task.followed(batch, answer).right[:, 0].to(answer.dtype)


@dataclass(frozen=True)
class RelationalRule:
    """A rule's plan, written as states and moves."""

    task: RelationalPath
    rule: Rule

    @property
    def trivial(self) -> bool:
        """Whether the rule is."""
        return self.rule.trivial

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the rule as a predictor; it needs no `batches`."""
        return self.predict

    def predict(self, problems: Batch) -> Float[Tensor, "b steps n n 3"]:
        """Return the answers that follow from the rule."""
        y = problems.y
        journeys = self.task.journeys(problems) if self.task.verifiable else self._unknown(problems)
        x = problems_of(journeys, y.dtype)
        plan = self.rule.predict(Batch(x, y.new_zeros(len(y), y.shape[1], x.shape[1])))
        return relational(journeys, moves_of(plan))[:, :, : y.shape[2], : y.shape[2]].to(y.dtype)

    def _unknown(self, problems: Batch) -> Journeys:
        """Return the graphs with one more node, to which no edge leads, as the goal."""
        edges, start = problems.x[..., 0] > 0, problems.x[..., 1].sum(2).argmax(1)
        return Journeys(torch.nn.functional.pad(edges, (0, 1, 0, 1)), start, torch.full_like(start, edges.shape[-1]))


class RelationalPathConfig(PlansConfig):
    """A shortest path whose goal is not given: from a directed graph and a start to states and moves, as released."""

    metrics = ("solved", "first")
    splits = ("same", "harder")
    best_rule = "random neighbour"

    name: Literal["shortest-path"] = "shortest-path"
    n: Annotated[int, Field(ge=LEAST)] = 20
    n_harder: Annotated[int, Field(ge=LEAST)] = 25
    steps: Count = 16
    """States and moves of a plan; after arrival the state repeats."""
    distances: Annotated[tuple[Count, Count], Lax] = (4, 6)
    tell_goal: bool = False
    """Add the goal to the problem, so that it has an answer."""

    @model_validator(mode="after")
    def _arrival_is_seen(self) -> "RelationalPathConfig":
        farthest = max(self.distances[1], (self.distances_harder or self.distances)[1])
        if self.steps <= farthest:
            raise ValueError(f"steps = {self.steps} end before a state at the goal; write {farthest + 1} or more")
        return self

    def build(self) -> Task:
        """Return the task."""
        plans = super().build()
        assert isinstance(plans, ShortestPath)
        return RelationalPath(plans, self.tell_goal)
