"""The nearest-neighbour rule, held against a loop over nodes."""

import pytest
import torch

from ravine.tasks.graphs.nearest import most_links, nearest_neighbour_graphs


@pytest.mark.parametrize(("n", "most"), [(5, 1), (12, 2), (18, 3), (20, 4)])
def test_every_node_links_to_as_many_nearest_others_as_it_drew(n: int, most: int) -> None:
    links = nearest_neighbour_graphs(30, n, most, torch.Generator().manual_seed(7), torch.float64)
    draw = torch.Generator().manual_seed(7)
    points = torch.rand((30, n, 2), generator=draw, dtype=torch.float64)
    counts = torch.randint(1, most + 1, (30, n, 1), generator=draw)
    expected = torch.zeros_like(links)
    for graph in range(30):
        for node in range(n):
            others = [other for other in range(n) if other != node]
            others.sort(key=lambda other: float((points[graph, node] - points[graph, other]).norm()))
            for other in others[: int(counts[graph, node])]:
                expected[graph, node, other] = expected[graph, other, node] = True
    assert torch.equal(links, expected)
    assert not links.diagonal(dim1=1, dim2=2).any()
    assert set(counts.flatten().tolist()) == set(range(1, most + 1))


def test_the_most_links_are_those_of_the_released_sets() -> None:
    """One link a node below 20 nodes at density .1; 1..2, then 1..3 at density .2: facts of the released generator."""
    assert [most_links(n, 0.1) for n in (12, 13, 15, 18, 20)] == [1, 1, 1, 1, 2]
    assert [most_links(n, 0.2) for n in (12, 13, 15, 18, 20)] == [2, 2, 3, 3, 4]
