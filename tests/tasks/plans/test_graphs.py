"""Graphs and how far apart their nodes are, against SciPy's search."""

import numpy as np
import pytest
import torch
from scipy.sparse.csgraph import shortest_path

from ravine.tasks.nearest import nearest_neighbour_links
from ravine.tasks.plans.graphs import hops, hops_to, optimal_moves

N, MOST = 12, 5


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_out_degrees_are_uniform_and_no_node_leads_to_itself() -> None:
    edges = nearest_neighbour_links(2000, N, MOST, generator())
    assert not edges.diagonal(dim1=1, dim2=2).any()
    counts = edges.sum(2).flatten().bincount(minlength=MOST + 1)
    assert counts[0] == 0
    assert len(counts) == MOST + 1
    expected = 2000 * N / MOST
    assert ((counts[1:] - expected).abs() < 5 * expected**0.5).all()


def test_neighbours_are_the_nearest() -> None:
    """In the unit square a node that both others are joined to is seldom far: most edges are returned."""
    edges = nearest_neighbour_links(500, N, MOST, generator())
    returned = (edges & edges.mT).sum() / edges.sum()
    by_chance = MOST / 2 / N
    assert returned > 2 * by_chance


@pytest.mark.parametrize("most", [1, 3, N])
def test_distances_are_those_of_a_search(most: int) -> None:
    edges = nearest_neighbour_links(20, N, 3, generator(1))
    goal = torch.randint(N, (20,), generator=generator(2))
    for graph, ours, node, column in zip(edges, hops(edges, most), goal, hops_to(edges, goal, most), strict=True):
        theirs = torch.from_numpy(np.minimum(shortest_path(graph.numpy(), unweighted=True), most + 1)).long()
        assert torch.equal(ours, theirs)
        assert torch.equal(column, theirs[:, node])


def test_optimal_moves_shorten_the_way_by_one() -> None:
    edges = nearest_neighbour_links(20, N, MOST, generator(3))
    goal = torch.zeros(20, dtype=torch.int64)
    moves = optimal_moves(edges, hops_to(edges, goal, N))
    for graph, optimal in zip(edges.numpy(), moves.numpy(), strict=True):
        left = shortest_path(graph, unweighted=True)[:, 0]
        for i in range(N):
            for j in range(N):
                assert optimal[i, j] == (graph[i, j] and left[j] == left[i] - 1 and np.isfinite(left[j]))
