"""Connectivity: which nodes of a graph a path joins."""

from collections.abc import Mapping
from typing import Annotated, Literal

import torch
from jaxtyping import Bool, Float
from pydantic import Field
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.answers import Signs
from ravine.tasks.base import Task, TaskConfig
from ravine.tasks.baselines import Baseline
from ravine.tasks.graphs.closure import closure
from ravine.tasks.graphs.far import Far
from ravine.tasks.graphs.files import GraphFiles
from ravine.tasks.graphs.nearest import most_links, nearest_neighbour_graphs
from ravine.tasks.graphs.rules import AllJoined, Closure, WithinHops
from ravine.tasks.metrics.balanced import BalancedAccuracy, SharePerSign
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.solved import Solved
from ravine.tasks.partition import PartitionedTask
from ravine.tasks.signs import signs

Name = Literal["connectivity", "connectivity-2"]
DENSITIES: Mapping[Name, float] = {"connectivity": 0.1, "connectivity-2": 0.2}
HOPS = (2, 4, 6, 8)


class Connectivity(PartitionedTask):
    """x: links, +1 or -1, (n, n, 1); y: +1 where a path joins two nodes, (n, n), its diagonal +1.

    Graphs are `nearest_neighbour_graphs`, of at most int(n `density`) links a node. Splits: `same`; `harder`, half as
    many nodes more; `n18` and so on, of so many nodes. All keep the rule, by which more nodes make more links each;
    `n20-equal` and so on keep the number of links a node, as training has them. The labelled graphs of training, tests
    and validation have none in common; with their nodes renamed, graphs this small are everywhere the same.
    """

    bound = 1.0
    solve_bound = 1.0
    space = Signs()
    further_splits = ("n13", "n15", "n18", "n20", "n20-equal", "n24-equal")

    def __init__(self, n: int = 12, density: float | None = None, name: Name = "connectivity-2") -> None:
        self.name, self.n, self.own_density = name, n, density
        self.density = DENSITIES[name] if density is None else density
        self.x_shape, self.y_shape = (n, n, 1), (n, n)

    @property
    def identity(self) -> str:
        """The task's name, its size and, where it is not the name's own, its density."""
        return super().identity + ("" if self.own_density is None else f"/{self.own_density:g}")

    def nodes_and_links(self, split: str) -> tuple[int, int]:
        """Return a split's number of nodes, and the most links that a node makes; an `InputError` names the splits."""
        if split not in (*self.splits, *self.further_splits):
            known = ", ".join((*self.splits, *self.further_splits))
            raise InputError(f"task {self.name!r} has no split {split!r}; it has {known}")
        n = {"same": self.n, "harder": self.n * 3 // 2}.get(split) or int(split.strip("n").partition("-")[0])
        ruled_by = self.n if split.endswith("-equal") else n
        return n, min(most_links(ruled_by, self.density), n - 1)

    def draw(self, count: int, generator: torch.Generator, split: str, dtype: torch.dtype) -> Bool[Tensor, "b n n"]:
        """Return the links of `count` graphs of a split."""
        n, most = self.nodes_and_links(split)
        return nearest_neighbour_graphs(count, n, most, generator, dtype)

    def batch_of(self, facts: Bool[Tensor, "b n n"], dtype: torch.dtype) -> Batch:
        """Return graphs of these links with the nodes that paths join."""
        return Batch(signs(facts, dtype)[..., None], signs(closure(facts), dtype))

    def solved(self, batch: Batch, answer: Float[Tensor, "b n n"]) -> Bool[Tensor, " b"]:
        """Return whether the signs are those of the closure, at every pair of nodes."""
        right = closure(batch.x[..., 0] > 0)
        return ((answer >= 0) == right).flatten(1).all(1)

    def corrupt(self, batch: Batch, rate: float, generator: torch.Generator) -> Float[Tensor, "b n n"]:
        """Return answers with a share `rate` of the pairs of nodes flipped, either way, one at least.

        Both orders of a pair are flipped, the diagonal never is: neither asymmetry nor the diagonal gives it away.
        """
        n = batch.y.shape[-1]
        above = torch.ones((n, n), dtype=torch.bool, device=batch.y.device).triu(1)
        chance = torch.rand(batch.y.shape, generator=generator, device=batch.y.device, dtype=batch.y.dtype)
        chance = chance.masked_fill(~above, 2.0)
        flipped = (chance < rate) | (chance == chance.amin((1, 2), keepdim=True))
        return torch.where(flipped | flipped.mT, -batch.y, batch.y)

    def own_metrics(self) -> tuple[Metric, ...]:
        """Return whole graphs right, balanced accuracy, and shares of joined, far and unjoined nodes told right."""
        parts = SharePerSign(1, "joined", "joined"), Far(), SharePerSign(-1, "unjoined", "not joined")
        return (Solved(self.solved), BalancedAccuracy(), *parts)

    def baselines(self) -> Mapping[str, Baseline]:
        """Return a constant, everything within some links, and the exact closure."""
        near: dict[str, Baseline] = {f"{hops} hops": WithinHops(hops) for hops in HOPS}
        return {"all joined": AllJoined(), "adjacency": WithinHops(1), **near, "transitive closure": Closure()}

    def files(self) -> GraphFiles:
        """Return how a user's own graphs are read and their answers written."""
        return GraphFiles()


class ConnectivityConfig(TaskConfig):
    """A sparse graph's links -> which of its nodes a path joins."""

    metrics = ("solved", "balanced", "joined", "far", "unjoined")
    best_rule = "8 hops"

    name: Name = "connectivity"
    n: Annotated[int, Field(ge=5, le=200)] = 12
    """Nodes of a training graph."""
    density: Annotated[float, Field(gt=0, lt=1)] | None = None
    """A node makes at most n times so many links, 1 at least; default: .1, of connectivity-2 .2."""

    def build(self) -> Task:
        """Return the task."""
        return Connectivity(self.n, self.density, self.name)
