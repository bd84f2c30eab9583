"""Selection by swaps against a loop in plain Python."""

import pytest
import torch

from ravine.tasks.sorting.permutations import draw
from ravine.tasks.sorting.swaps import replay, selection


def by_loop(values: list[int]) -> tuple[list[tuple[int, int]], list[list[int]]]:
    """Return the released oracle's swaps and the array before each and after the last."""
    swaps, states = [], [list(values)]
    for place in range(len(values)):
        source = states[-1].index(place)
        if source != place:
            after = list(states[-1])
            after[place], after[source] = after[source], after[place]
            swaps.append((place, source))
            states.append(after)
    return swaps, states


@pytest.mark.parametrize("n", [4, 10, 15])
def test_selection_is_the_oracles_plan_padded_by_no_swap(n: int) -> None:
    values = draw(50, n, torch.Generator().manual_seed(n), "train")
    plan = selection(values, 16)
    states = replay(values, plan)
    for row, first in enumerate(values.tolist()):
        swaps, way = by_loop(first)
        padded = swaps + [(0, 0)] * (16 - len(swaps))
        assert [tuple(pair) for pair in plan[row].tolist()] == padded
        assert states[row].tolist() == way + [way[-1]] * (17 - len(way))


def test_lengths_are_those_of_the_released_data() -> None:
    """7.07 swaps of 10 values on average, 1 to 9; 11.7 of 15, up to 14."""
    for n, mean in ((10, 7.07), (15, 11.7)):
        plan = selection(draw(20_000, n, torch.Generator().manual_seed(0), "train"), 16)
        lengths = (plan[..., 0] != plan[..., 1]).sum(1)
        assert lengths.double().mean().item() == pytest.approx(mean, abs=0.05)
        assert lengths.min() >= 1
        assert lengths.max() == n - 1
