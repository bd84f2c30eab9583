"""All distances in a complete graph, given the lengths of its edges."""

from collections.abc import Iterator, Mapping
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.tasks.base import relative_norm
from ravine.tasks.baselines import Baseline, CopyObserved
from ravine.tasks.matrices.base import MatrixTaskConfig, uniform
from ravine.tasks.matrices.computed import ComputedTask, Fault, Rule


class Distances(ComputedTask):
    """Edges of length 2 ((u + u') / 2)^p, u uniform on (0, 1), 0 on the diagonal, to the lengths of all shortest paths.

    p = 1 on `same`, as released; 2 on `harder`, where edges are less alike and shortest paths have more of them.
    """

    name = "distances"
    method = "Floyd-Warshall"
    difficulty = {"same": 1.0, "harder": 2.0}
    degree = 1
    bound = 2.0
    solve_bound = 2.0

    def draw(
        self, size: int, generator: torch.Generator, level: float, dtype: torch.dtype
    ) -> Float[Tensor, "b one n n"]:
        """Return edges, (size, 1, n, n)."""
        u = uniform((size, 1, self.n, self.n), generator, dtype)
        lengths = 2 * ((u + u.mT) / 2) ** level
        lengths.diagonal(dim1=2, dim2=3).zero_()
        return lengths

    def answer(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b n n"]:
        """Return the lengths of shortest paths, one intermediate node after the other."""
        between = x[:, 0].permute(1, 2, 0).contiguous()  # problems last: every operation runs along them
        for node in range(x.shape[-1]):
            torch.minimum(between, between[:, node, None] + between[node], out=between)
        return between.permute(2, 0, 1).contiguous()

    def residual(self, x: Float[Tensor, "b one n n"], prediction: Float[Tensor, "b n n"]) -> Float[Tensor, " b"]:
        """Return |Y - T| / |T|, T_ij = min_k!=j (Y_ik + x_kj) and T_ii = 0: only distances are their own T."""
        last = last_edge(prediction, x[:, 0])
        return relative_norm(prediction - last, last)

    def rules(self) -> Mapping[str, Baseline]:
        """Return the edge itself, and the best of all paths of one or two edges."""
        return {"copy the edge": CopyObserved(), "one or two edges": Rule(two_edges)}

    def faults(self, x: Float[Tensor, "b one n n"]) -> Iterator[Fault]:
        """Yield which matrices have a length that is negative, or one on the diagonal."""
        yield (x < 0).flatten(1).any(1), "has a negative length"
        yield (x.diagonal(dim1=2, dim2=3) != 0).flatten(1).any(1), "has a length on its diagonal; write 0 there"


def last_edge(y: Float[Tensor, "b n n"], x: Float[Tensor, "b n n"]) -> Float[Tensor, "b n n"]:
    """Return min_k!=j (y_ik + x_kj), and 0 on the diagonal."""
    n = x.shape[-1]
    self_loop = torch.eye(n, device=x.device, dtype=torch.bool)
    no_loops, best = x.masked_fill(self_loop, torch.inf), torch.full_like(y, torch.inf)
    for k in range(n):
        best = torch.minimum(best, y[:, :, k, None] + no_loops[:, None, k])
    return best.masked_fill(self_loop, 0)


def two_edges(x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b n n"]:
    """Return the length of the shortest path of at most two edges; x is 0 on its diagonal."""
    return last_edge(x[:, 0], x[:, 0])


class DistancesConfig(MatrixTaskConfig):
    """The lengths of a complete graph's edges to those of all shortest paths."""

    makes = Distances
    best_rule = "one or two edges"

    name: Literal["distances"] = "distances"
