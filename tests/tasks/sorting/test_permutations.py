"""Permutations are parted, drawn uniformly in their part, and never the identity."""

from itertools import permutations

import pytest
import torch

from ravine.tasks.sorting.permutations import Part, draw, label, number

PARTS: dict[Part, tuple[int, ...]] = {"test": (0,), "validation": (1,), "train": (2, 3, 4)}
N = 5


@pytest.mark.parametrize("n", [4, 5, 6])
def test_every_label_has_as_many_permutations(n: int) -> None:
    every = torch.tensor(list(permutations(range(n))))
    counts = label(every).bincount(minlength=n)
    assert counts.tolist() == [len(every) // n] * n
    assert label(torch.arange(n)[None]).item() == n - 1


@pytest.mark.parametrize("part", PARTS)
def test_draws_are_of_the_part_and_each_as_likely(part: Part) -> None:
    drawn = draw(40_000, N, torch.Generator().manual_seed(0), part)
    assert set(label(drawn).tolist()) == set(PARTS[part])
    assert (drawn.sort(1).values == torch.arange(N)).all()
    assert (drawn != torch.arange(N)).any(1).all()
    kinds, counts = torch.unique(drawn, dim=0, return_counts=True)
    assert len(kinds) == number(N, part)
    # One permutation of the training part stands in for the identity, too.
    expected = len(drawn) / len(kinds)
    assert (counts.double() - expected).abs().sort().values[:-1].max() < 6 * expected**0.5


def test_parts_share_no_permutation_of_the_released_size() -> None:
    drawn = {part: draw(5000, 10, torch.Generator().manual_seed(1), part) for part in PARTS}
    sets = [set(map(tuple, rows.tolist())) for rows in drawn.values()]
    assert len(set.union(*sets)) == sum(map(len, sets))
    assert len(sets[0]) > 4900


def test_the_part_says_nothing_of_a_place() -> None:
    """Over a part, every place holds every value as often."""
    drawn = draw(50_000, 10, torch.Generator().manual_seed(2), "test")
    shares = torch.nn.functional.one_hot(drawn, 10).double().mean(0)
    assert (shares - 0.1).abs().max() < 0.01
