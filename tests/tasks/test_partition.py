"""Problems are parted by their content: evenly, the same everywhere, and training never draws a test problem."""

import pytest
import torch

from ravine.tasks.base import Purpose
from ravine.tasks.graphs.task import Connectivity
from ravine.tasks.partition import EIGHTHS, eighth, first_of, mixed


def facts(size: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(size, 6, 6, generator=torch.Generator().manual_seed(seed)) < 0.3


def test_the_eighths_are_even_and_follow_from_the_facts_alone() -> None:
    drawn = facts(16_000)
    part = eighth(drawn)
    counts = torch.bincount(part, minlength=8)
    assert len(counts) == 8
    assert (counts - 2000).abs().max() < 5 * (2000 * 7 / 8) ** 0.5
    assert torch.equal(eighth(drawn.flip(0)), part.flip(0))
    one = drawn.clone()
    one[:, 2, 3] ^= True
    assert torch.bincount((eighth(one) - part) % 8, minlength=8).min() > 1500  # one fact decides anew


def test_the_hash_is_that_of_another_program() -> None:
    """Test sets must not change with a library: splitmix64's finaliser in whole numbers of Python's own."""

    def finaliser(number: int) -> int:
        signed = number
        for shift, mixer in ((30, 0x9E3779B97F4A7C15), (27, 0xBF58476D1CE4E5B9), (31, 0x94D049BB133111EB)):
            signed = wrapped((signed ^ (signed >> shift)) * mixer)
        return signed ^ (signed >> 32)

    def wrapped(number: int) -> int:
        return (number + 2**63) % 2**64 - 2**63

    numbers = [1, 2, 35, 10**12, -7]
    assert mixed(torch.tensor(numbers)).tolist() == [finaliser(number) for number in numbers]


@pytest.mark.parametrize("purpose", EIGHTHS)
def test_as_many_as_are_asked_for_are_of_the_part(purpose: Purpose) -> None:
    low, high = EIGHTHS[purpose]
    for size in (1, 7, 300):
        kept = first_of(purpose, size, facts)
        part = eighth(kept)
        assert len(kept) == size
        assert ((part >= low) & (part < high)).all()
    drawn = facts(4000)
    part = eighth(drawn)
    expected = drawn[(part >= low) & (part < high)][:5]
    assert torch.equal(first_of(purpose, 5, lambda count: drawn), expected)


def test_where_a_part_holds_too_few_they_are_repeated() -> None:
    drawn = facts(40)
    test, others = drawn[eighth(drawn) == 0], drawn[eighth(drawn) > 0]
    few = torch.cat([others, test[:2]])
    assert torch.equal(first_of("test", 5, lambda count: few), test[[0, 1, 0, 1, 0]])
    assert len(first_of("test", 9, lambda count: others[:1].expand(count, 6, 6))) == 9  # none at all


def test_no_small_graph_of_training_is_one_of_the_tests() -> None:
    """Of 5 nodes there are so few graphs that 20,000 draws meet all of a part."""
    task = Connectivity(5, name="connectivity")
    seen = {row.tobytes() for row in (task.sample(20_000, torch.Generator().manual_seed(1)).x > 0).numpy()}
    purposes: tuple[Purpose, ...] = ("test", "validation")
    for purpose in purposes:
        (held,) = task.fixed("same", purpose, 100)
        assert not seen & {row.tobytes() for row in (held.x > 0).numpy()}
    (fit,) = task.fixed("same", "fit", 100)
    assert {row.tobytes() for row in (fit.x > 0).numpy()} <= seen
