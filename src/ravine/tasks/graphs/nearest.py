"""Sparse random graphs: every node links to some of its nearest neighbours in the plane."""

import torch
from jaxtyping import Bool
from torch import Tensor


def most_links(n: int, density: float) -> int:
    """Return the most links that one of `n` nodes makes: max(1, int(n density))."""
    return max(1, int(n * density))


def nearest_neighbour_graphs(
    size: int, n: int, most: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> Bool[Tensor, "b n n"]:
    """Return the links of `size` graphs of `n` nodes at points that are uniform in the unit square.

    Every node draws how many links it makes, uniformly from 1 to `most`, and makes them to that many nearest others.
    Links hold both ways; none leads from a node to itself. The points are forgotten. Source: the released data code.
    """
    device = generator.device
    points = torch.rand((size, n, 2), generator=generator, device=device, dtype=dtype)
    count = torch.randint(1, most + 1, (size, n, 1), generator=generator, device=device)
    itself = torch.eye(n, dtype=torch.bool, device=device)
    squared = (points[:, :, None] - points[:, None]).square().sum(-1).masked_fill(itself, torch.inf)
    nearest = squared.topk(most, largest=False).indices
    made = torch.arange(most, device=device) < count
    links = torch.zeros((size, n, n), dtype=torch.bool, device=device).scatter(2, nearest, made)
    return links | links.mT
