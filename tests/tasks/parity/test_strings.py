"""Strings are parted by a code that says nothing of their parity."""

from itertools import product

import pytest
import torch

from ravine.tasks.parity.strings import CHECKS, Part, checks, draw, label, parity

PARTS: tuple[Part, ...] = ("test", "validation", "train")


@pytest.mark.parametrize("length", [6, 9])
def test_in_every_part_half_of_the_strings_are_odd(length: int) -> None:
    every = torch.tensor(list(product((0, 1), repeat=length)))
    counts = label(every).bincount(minlength=2**CHECKS)
    assert (counts == 2 ** (length - CHECKS)).all()
    odd = label(every[parity(every) == 1]).bincount(minlength=2**CHECKS)
    assert (2 * odd == counts).all()


@pytest.mark.parametrize("length", [6, 20, 40, 80])
def test_no_sum_of_check_bits_is_the_parity_or_a_few_bits_of_it(length: int) -> None:
    rows = checks(length, torch.device("cpu"))
    for chosen in product((0, 1), repeat=CHECKS):
        summed = (torch.tensor(chosen)[:, None] * rows).sum(0) % 2
        assert summed.sum() < length
        assert not any(chosen) or length < 20 or summed.sum() >= length // 4


@pytest.mark.parametrize("part", PARTS)
def test_draws_are_of_the_part_and_each_as_likely(part: Part) -> None:
    drawn = draw(20_000, 7, torch.Generator().manual_seed(0), part)
    found = set(label(drawn).tolist())
    assert found == ({0} if part == "test" else {1} if part == "validation" else set(range(2, 8)))
    kinds, counts = torch.unique(drawn, dim=0, return_counts=True)
    assert len(kinds) == 2**7 * len(found) // 2**CHECKS
    expected = len(drawn) / len(kinds)
    assert (counts.double() - expected).abs().max() < 6 * expected**0.5
