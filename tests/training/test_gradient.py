"""A sum by twos does not depend on who adds which part of it; a step's gradient is that of its whole batch."""

from functools import reduce

import pytest
import torch
from torch import nn

from ravine.training.gradient import PairwiseSum, StepGradient
from ravine.training.ranks import ALONE


def added(terms: torch.Tensor) -> torch.Tensor:
    """Return the sum by twos."""
    pairwise = PairwiseSum()
    for term in terms.clone():
        pairwise.add(term)
    return pairwise.total()


@pytest.mark.parametrize(("count", "share"), [(8, 2), (12, 4), (6, 2), (5, 1)])
def test_sums_of_shares_add_up_to_the_same_bits(count: int, share: int) -> None:
    generator = torch.Generator().manual_seed(0)
    terms = torch.randn(count, 1000, generator=generator) * 10.0 ** torch.randint(
        -3, 4, (count, 1), generator=generator
    )
    shares = torch.stack([added(own) for own in torch.split(terms, share)])
    assert torch.equal(added(shares), added(terms))
    torch.testing.assert_close(added(terms), terms.double().sum(0).float(), rtol=1e-5, atol=1e-3)
    assert not torch.equal(reduce(torch.add, terms), added(terms)), "the order of summation matters here"


def test_parts_leave_the_gradient_of_the_whole_and_none_where_no_part_has_one() -> None:
    module = nn.ParameterList([torch.ones(3), torch.ones(3), torch.ones(3)])
    x = torch.randn(2, 3, generator=torch.Generator().manual_seed(0))
    gradient = StepGradient(module, ALONE, 2)
    for row, weights in zip(x, module, strict=False):
        (row * weights).sum().backward()
        gradient.take()
        assert all(parameter.grad is None for parameter in module.parameters())
    gradient.put()
    assert torch.equal(torch.stack([weights.grad for weights in module[:2]]), x)
    assert module[2].grad is None
