"""The relational layer against loops over tuples, and what it must not know."""

from itertools import permutations, product

import pytest
import torch
from torch import Tensor, nn

from ravine.energies.logic import Features, RelationalLayer, distinct

INPUTS, OUTPUTS, N = (2, 3, 1, 2), (4, 2, 3, 2), 4


def features(inputs: tuple[int, ...], n: int, size: int = 2) -> list[Tensor | None]:
    generator = torch.Generator().manual_seed(n)
    shapes = [(size, *(n,) * order, channels) for order, channels in enumerate(inputs)]
    return [torch.randn(shape, generator=generator, dtype=torch.float64) if shape[-1] else None for shape in shapes]


def layer(inputs: tuple[int, ...] = INPUTS, outputs: tuple[int, ...] = OUTPUTS) -> RelationalLayer:
    return RelationalLayer(inputs, outputs, torch.Generator().manual_seed(1)).double()


def heard(every: Features, row: int, nodes: tuple[int, ...]) -> list[Tensor]:
    """Return what a tuple hears of its three neighbours, as the words of the docstring have it."""
    order, parts = len(nodes), []
    if order and (below := every[order - 1]) is not None:
        parts.append(below[(row, *nodes[:-1])])
    if (own := every[order]) is not None:
        parts.append(own[(row, *nodes)])
    if order + 1 < len(every) and (above := every[order + 1]) is not None:
        n, channels = above.shape[1], above.shape[-1]
        tuples = [(*nodes, other) for other in range(n)]
        for channel in range(channels):
            values = [above[(row, *t)][channel] if len(set(t)) == len(t) else None for t in tuples]
            parts.append(torch.stack([torch.zeros(()).double() if v is None else v for v in values]).max()[None])
            parts.append(torch.stack([torch.ones(()).double() if v is None else v for v in values]).min()[None])
    return parts


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [(INPUTS, OUTPUTS), ((0, 3, 1), (2, 3, 2)), ((0, 0, 2, 0), (0, 3, 2, 4)), ((2, 3), (1, 2)), (INPUTS, (0, 0, 3, 0))],
)
def test_it_is_what_loops_over_tuples_give(inputs: tuple[int, ...], outputs: tuple[int, ...]) -> None:
    every, made = features(inputs, N), layer(inputs, outputs)
    ours = made(every)
    for order in (order for order, channels in enumerate(outputs) if channels):
        own = made.orders[str(order)]
        assert isinstance(own, nn.Linear)
        found = ours[order]
        assert found is not None
        for row, nodes in product(range(2), product(range(N), repeat=order)):
            # Place m of output tuple a reads the input at the tuple whose axis p_m is a_m.
            orders = [tuple(nodes[p.index(axis)] for axis in range(order)) for p in permutations(range(order))]
            joined = torch.cat([part for renamed in orders for part in heard(every, row, renamed)])
            torch.testing.assert_close(found[(row, *nodes)], torch.sigmoid(own(joined)))


def test_nodes_may_be_renamed() -> None:
    every, made, n = features(INPUTS, 5), layer(), 5
    names = torch.tensor([2, 0, 4, 1, 3])

    def renamed(values: Tensor | None) -> Tensor:
        assert values is not None
        for axis in range(1, values.dim() - 1):
            values = values.index_select(axis, names)
        return values

    assert n == len(names)
    for before, after in zip(made(every), made([renamed(values) for values in every]), strict=True):
        torch.testing.assert_close(renamed(before), after)


def test_an_order_without_outputs_has_no_weights() -> None:
    made = layer((0, 0, 3, 0), (0, 0, 2, 0))
    assert sum(p.numel() for p in made.parameters()) == 2 * 6 + 2
    assert [values is None for values in made(features((0, 0, 3, 0), 3))] == [True, True, False, True]


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_distinct_tuples(order: int) -> None:
    ours = distinct(order, 3, torch.device("cpu"))
    assert all(bool(ours[nodes]) == (len(set(nodes)) == order) for nodes in product(range(3), repeat=order))
