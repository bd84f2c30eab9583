"""Sparse random graphs: every node links to some of its nearest neighbours in the plane."""

import torch
from jaxtyping import Bool
from torch import Tensor

from ravine.tasks.nearest import nearest_neighbour_links


def most_links(n: int, density: float) -> int:
    """Return the most links that one of `n` nodes makes: max(1, int(n density))."""
    return max(1, int(n * density))


def nearest_neighbour_graphs(
    size: int, n: int, most: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> Bool[Tensor, "b n n"]:
    """Return the links of `size` graphs of `n` nodes, each of which makes 1 to `most`; links hold both ways."""
    links = nearest_neighbour_links(size, n, most, generator, dtype)
    return links | links.mT
