from collections.abc import Callable

import torch
from torch import Tensor

from ravine.energies.silu import silu


def derivatives(function: Callable[[Tensor], Tensor]) -> list[Tensor]:
    """The value, and its first and second derivative times other values."""
    x = torch.linspace(-6, 6, 25, dtype=torch.float64, requires_grad=True)
    upstream = x.detach().cos().requires_grad_()
    value = function(x)
    (first,) = torch.autograd.grad(value, x, upstream, create_graph=True)
    return [value, first, *torch.autograd.grad((first * x.detach().sin()).sum(), (x, upstream))]


def test_value_and_derivatives_are_those_of_pytorchs_own() -> None:
    for own, theirs in zip(derivatives(silu), derivatives(torch.nn.functional.silu), strict=True):
        torch.testing.assert_close(own, theirs)


def test_it_maps_over_rows() -> None:
    x = torch.linspace(-3, 3, 6, dtype=torch.float64).reshape(2, 3)
    derivative = torch.func.grad(lambda row: silu(row).square().sum())
    torch.testing.assert_close(torch.func.vmap(derivative)(x), torch.stack([derivative(row) for row in x]))
