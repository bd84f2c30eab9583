"""How problems are drawn: the law of the released generator, in one vectorised call."""

import numpy as np
import pytest
import torch
from scipy.sparse.csgraph import shortest_path
from torch import Tensor

from ravine.tasks.nearest import nearest_neighbour_links
from ravine.tasks.plans.draw import Journeys, Law, shortest_plans
from ravine.tasks.plans.graphs import hops, hops_to, optimal_moves

RELEASED = Law(20, 10, 4, 6)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def distances(journeys: Journeys) -> Tensor:
    """Return the moves from start to goal."""
    found = []
    for graph, start, goal in zip(journeys.edges, journeys.start, journeys.goal, strict=True):
        found.append(shortest_path(graph.numpy(), unweighted=True, indices=int(start))[goal])
    return torch.from_numpy(np.array(found))


def test_distances_are_uniform_from_the_first_to_the_last_included() -> None:
    counts = distances(RELEASED.journeys(900, generator())).long().bincount()
    assert counts[:4].sum() == 0
    assert len(counts) == 7
    assert ((counts[4:] - 300).abs() < 5 * 200**0.5).all()


def test_problems_are_those_of_drawing_graphs_until_one_fits() -> None:
    """Edges, and shortest plans from start to goal, as a loop over single graphs gives them."""
    law, size = Law(12, 6, 3, 4), 1500
    ours = law.journeys(size, generator())
    draw, theirs = generator(1), []
    pool, wanted = nearest_neighbour_links(20 * size, 12, 6, draw), torch.randint(3, 5, (size,), generator=draw)
    apart, index = hops(pool, 4), 0
    for distance in wanted:
        while not (apart[index] == distance).any():
            index += 1
        pairs = (apart[index] == distance).nonzero()
        theirs.append((index, *pairs[torch.randint(len(pairs), (), generator=draw)].tolist()))
        index += 1
    chosen, start, goal = torch.tensor(theirs).T
    for values in zip(measures(ours), measures(Journeys(pool[chosen], start, goal)), strict=True):
        means, errors = zip(*((v.mean(), v.std() / size**0.5) for v in values), strict=True)
        assert (means[0] - means[1]).abs() < 4.5 * (errors[0] ** 2 + errors[1] ** 2) ** 0.5


def measures(journeys: Journeys) -> tuple[Tensor, ...]:
    """Return edges, the start's out-degree, optimal first moves and shortest paths of each problem."""
    edges, row = journeys.edges, torch.arange(len(journeys.start))
    optimal = optimal_moves(edges, hops_to(edges, journeys.goal, 8)).double()
    ways = torch.nn.functional.one_hot(journeys.start, edges.shape[1]).double()
    paths = torch.zeros(len(row)).double()
    for _ in range(8):
        ways = (ways[:, None] @ optimal)[:, 0]
        paths += ways[row, journeys.goal]
    return (
        edges.double().sum((1, 2)),
        edges[row, journeys.start].double().sum(1),
        optimal[row, journeys.start].sum(1),
        paths,
    )


def test_released_problems_have_as_many_right_plans_as_was_measured() -> None:
    for law, first_moves, paths in ((RELEASED, 1.62, 5.1), (Law(25, 12, 4, 6), 1.80, 7.9)):
        _, _, optimal, ways = measures(law.journeys(4000, generator()))
        assert optimal.mean() == pytest.approx(first_moves, abs=0.05)
        assert ways.mean() == pytest.approx(paths, rel=0.1)


def test_a_distance_that_no_graph_has_gives_the_farthest_pair_instead() -> None:
    law = Law(8, 4, 9, 9)
    journeys = law.journeys(200, generator())
    found = distances(journeys)
    farthest = [
        np.nanmax(np.where(np.isinf(d := shortest_path(g.numpy(), unweighted=True)), np.nan, d)) for g in journeys.edges
    ]
    assert torch.equal(found, torch.tensor(np.array(farthest)))


def test_few_problems_find_their_distance_too() -> None:
    found = torch.cat([distances(RELEASED.journeys(1, generator(seed))) for seed in range(100)])
    assert ((found >= 4) & (found <= 6)).all()


@pytest.mark.parametrize("law", [RELEASED, Law(10, 5, 2, 5), Law(8, 4, 4, 6)], ids=lambda law: str(law.n))
def test_two_goals_of_one_start_have_no_optimal_first_move_in_common(law: Law) -> None:
    journeys = law.goal_decides(301, generator())
    assert len(journeys.start) == 301
    one, other = (Journeys(journeys.edges[i:300:2], journeys.start[i:300:2], journeys.goal[i:300:2]) for i in (0, 1))
    assert torch.equal(one.edges, other.edges)
    assert torch.equal(one.start, other.start)
    row = torch.arange(150)
    first, second = (optimal_moves(j.edges, hops_to(j.edges, j.goal, 8))[row, j.start] for j in (one, other))
    assert (first.any(1) & second.any(1) & ~(first & second).any(1)).all()
    found = distances(journeys)
    assert ((found >= 1) & (found <= law.far)).all()
    assert (found >= law.near).double().mean() > (0.9 if law.n > 8 else 0)


def test_plans_take_any_optimal_move_alike() -> None:
    edges = torch.zeros(3000, 8, 8, dtype=torch.bool)
    for one, other in ((0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (4, 0), (3, 5)):
        edges[:, one, other] = True
    start, goal = (torch.full((3000,), node) for node in (0, 4))
    plans = shortest_plans(Journeys(edges, start, goal), 5, generator())
    assert set(plans[:, 0].tolist()) == {1, 2}
    assert (plans[:, 0] == 1).double().mean() == pytest.approx(0.5, abs=0.05)
    assert (plans[:, 1:] == 4).all()
