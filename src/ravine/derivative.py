"""Values and their gradients at points by autograd, also where several runs are computed side by side."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from jaxtyping import Float
from torch import Tensor

SIDE_BY_SIDE = ContextVar("SIDE_BY_SIDE", default=False)
"""Whether `torch.func` maps what is computed over several runs: it knows no leaves, and takes its own gradients."""


@contextmanager
def side_by_side() -> Iterator[None]:
    """Take gradients so that they may be mapped over runs for as long as the block lasts; that costs more alone."""
    token = SIDE_BY_SIDE.set(True)
    try:
        yield
    finally:
        SIDE_BY_SIDE.reset(token)


def value_and_gradient(
    of: Callable[[Float[Tensor, "b *answer"]], Float[Tensor, " b"]], at: Float[Tensor, "b *answer"]
) -> tuple[Float[Tensor, " b"], Float[Tensor, "b *answer"]]:
    """Return `of` at points, one value per problem, and its gradient in the points.

    With gradients enabled the result can itself be differentiated (as the denoising loss needs); without, nothing
    second-order is built.
    """
    if SIDE_BY_SIDE.get():

        def summed(point: Tensor) -> tuple[Tensor, Tensor]:
            values = of(point)
            return values.sum(), values

        slope, values = torch.func.grad(summed, has_aux=True)(at)
        return values, slope
    second_order = torch.is_grad_enabled()
    with torch.enable_grad():
        point = at if at.requires_grad else at.detach().requires_grad_()
        values = of(point)
        (gradient,) = torch.autograd.grad(values.sum(), point, create_graph=second_order)
    return values if second_order else values.detach(), gradient
