"""The SiLU x sigmoid(x) for energies whose gradient is trained: its second derivative costs as little as its first."""

from typing import Any

import torch
from torch import Tensor


def silu(x: Tensor) -> Tensor:
    """Return x sigmoid(x), twice differentiable; PyTorch's own differentiates its first derivative step by step."""
    value: Tensor = Silu.apply(x)  # type: ignore[no-untyped-call]
    return value


def slope(upstream: Tensor, x: Tensor) -> Tensor:
    """Return upstream silu'(x), differentiable, in one pass over memory."""
    if torch.compiler.is_compiling():  # which maps no `Function` over runs, and makes one pass of this
        s = x.sigmoid()
        return upstream * s * (1 + x * (1 - s))
    value: Tensor = Slope.apply(upstream, x)  # type: ignore[no-untyped-call]
    return value


class Silu(torch.autograd.Function):
    """The value; its derivative is `Slope`."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        """Return x sigmoid(x)."""
        value: Tensor = torch.ops.aten.silu(x)
        return value

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        """Keep x."""
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        """Return the derivative times `upstream`."""
        return slope(upstream, *ctx.saved_tensors)


class Slope(torch.autograd.Function):
    """The first derivative times what comes from upstream, in PyTorch's one kernel for both."""

    generate_vmap_rule = True

    @staticmethod
    def forward(upstream: Tensor, x: Tensor) -> Tensor:
        """Return upstream silu'(x)."""
        value: Tensor = torch.ops.aten.silu_backward(upstream, x)
        return value

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        """Keep both."""
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor]:
        """Return the derivatives: silu'(x), and silu''(x) = s (1 - s) (2 + x (1 - 2 s)) with s = sigmoid(x)."""
        first, x = ctx.saved_tensors
        s = x.sigmoid()
        curvature = torch.addcmul(s, s, s, value=-1) * (torch.addcmul(x, s, x, value=-2) + 2)
        return torch.ops.aten.silu_backward(upstream, x), curvature * first * upstream
