"""What follows from links, held against scipy."""

import numpy as np
import pytest
import torch
from scipy.sparse.csgraph import connected_components, shortest_path

from ravine.tasks.graphs.closure import closure, distances, within
from ravine.tasks.graphs.nearest import nearest_neighbour_graphs


@pytest.mark.parametrize(("n", "most"), [(5, 1), (12, 2), (25, 3)])
def test_closure_hops_and_distances_are_scipys(n: int, most: int) -> None:
    links = nearest_neighbour_graphs(40, n, most, torch.Generator().manual_seed(n))
    for graph, joined, near, far in zip(links, closure(links), within(links, 3), distances(links, 4), strict=True):
        label = connected_components(graph.numpy(), directed=False)[1]
        length = shortest_path(graph.numpy(), unweighted=True)
        assert np.array_equal(joined.numpy(), label[:, None] == label)
        assert np.array_equal(near.numpy(), length <= 3)
        assert np.array_equal(far.numpy(), np.minimum(length, 4))


@pytest.mark.parametrize("n", [2, 3, 16, 17, 33])
def test_a_chain_is_closed_from_end_to_end(n: int) -> None:
    """Squaring stops early enough to fail only if it stops a round too soon."""
    links = torch.zeros(1, n, n, dtype=torch.bool)
    for node in range(n - 1):
        links[0, node, node + 1] = links[0, node + 1, node] = True
    assert closure(links).all()
    cut = links.clone()
    cut[0, n // 2 - 1, n // 2] = cut[0, n // 2, n // 2 - 1] = False
    assert int(closure(cut).sum()) == (n // 2) ** 2 + (n - n // 2) ** 2
