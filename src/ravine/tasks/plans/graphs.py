"""How many moves apart the nodes of directed graphs are: by products of matrices, not by a search."""

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

Edges = Bool[Tensor, "b n n"]
"""Whether an edge leads from a row's node to a column's node."""


def hops(edges: Edges, most: int) -> Int[Tensor, "b n n"]:
    """Return the least number of moves from every node to every other; `most` + 1 where it is more than `most`."""
    step = edges.float()
    step.diagonal(dim1=1, dim2=2).fill_(1)
    reached, apart = step, 2 - step
    apart.diagonal(dim1=1, dim2=2).zero_()
    for _ in range(most - 1):
        reached = (reached @ step).clamp_(max=1)
        apart.sub_(reached).add_(1)
    return apart.long()


def hops_to(edges: Edges, goal: Int[Tensor, " b"], most: int) -> Int[Tensor, "b n"]:
    """Return the least number of moves from every node to the `goal`; `most` + 1 where it is more than `most`."""
    step = edges.float()
    reached = marked(goal, edges.shape[-1]).float()
    apart = 1 - reached
    for _ in range(most):
        reached = torch.maximum(reached, (step @ reached[..., None])[..., 0].clamp(max=1))
        apart = apart + (1 - reached)
    return apart.long()


def optimal_moves(edges: Edges, to_goal: Int[Tensor, "b n"]) -> Edges:
    """Return whether a move along an edge brings its row's node nearer to the goal."""
    return edges & (to_goal[:, None] == to_goal[:, :, None] - 1)


def marked(nodes: Int[Tensor, "*b"], n: int) -> Bool[Tensor, "*b n"]:
    """Return whether each of `n` nodes is the one named."""
    return nodes[..., None] == torch.arange(n, device=nodes.device)


def at(values: Shaped[Tensor, "b n n"], nodes: Int[Tensor, " b"]) -> Shaped[Tensor, "b n"]:
    """Return each problem's row of the named node, (b, n)."""
    return values[torch.arange(len(nodes), device=nodes.device), nodes]


def one_of(chance: Float[Tensor, "b *choices"], allowed: Bool[Tensor, "b *choices"]) -> Int[Tensor, " b"]:
    """Return the allowed choice of greatest `chance`, all choices of a row numbered in order: uniform chances, any one.

    Chances are at least 0; a row that allows nothing gets its first choice.
    """
    return torch.where(allowed, chance, -1.0).flatten(1).argmax(1)
