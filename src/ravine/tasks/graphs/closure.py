"""What follows from links: nodes within some hops, nodes that any path joins, distances."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor


def within(links: Bool[Tensor, "b n n"], hops: int) -> Bool[Tensor, "b n n"]:
    """Return which nodes are at most `hops` links apart, each node from itself 0."""
    step = with_itself(links)
    reached = step
    for _ in range(hops - 1):
        reached = product(reached, step)
    return reached


def closure(links: Bool[Tensor, "b n n"]) -> Bool[Tensor, "b n n"]:
    """Return which nodes a path joins, by squaring: links, then paths of up to 2, 4, 8, ... of them."""
    reached = with_itself(links)
    for _ in range((links.shape[-1] - 1).bit_length()):
        reached = product(reached, reached)
    return reached


def distances(links: Bool[Tensor, "b n n"], most: int) -> Int[Tensor, "b n n"]:
    """Return the links on a shortest path between two nodes, `most` where there are as many, more, or no path."""
    step = with_itself(links)
    reached = torch.eye(links.shape[-1], dtype=torch.bool, device=links.device).expand_as(links)
    distance = torch.zeros_like(links, dtype=torch.int64)
    for _ in range(most):
        distance = distance + ~reached
        reached = product(reached, step)
    return distance


def with_itself(links: Bool[Tensor, "b n n"]) -> Bool[Tensor, "b n n"]:
    """Return the links, and one from every node to itself."""
    return links | torch.eye(links.shape[-1], dtype=torch.bool, device=links.device)


def product(one: Bool[Tensor, "b n n"], other: Bool[Tensor, "b n n"]) -> Bool[Tensor, "b n n"]:
    """Return the Boolean matrix product: i to j if i to m in `one` and m to j in `other` for any m."""
    return one.float() @ other.float() > 0.5
