"""Initial weights from a passed generator; the global random state is never touched."""

import math

import torch
from torch import Tensor, nn


def uniform(shape: tuple[int, ...], bound: float, generator: torch.Generator) -> nn.Parameter:
    """Return a parameter drawn from U(-bound, bound)."""
    return nn.Parameter((torch.rand(shape, generator=generator) * 2 - 1) * bound)


def linear(inputs: int, outputs: int, generator: torch.Generator, bias: bool = True) -> nn.Linear:
    """Return a Linear with PyTorch's own initial law, U(+-1/sqrt(inputs)), drawn from `generator`."""
    layer = nn.Linear(inputs, outputs, bias, device="meta")  # on no device: PyTorch's own initial draw is skipped
    bound = 1 / math.sqrt(inputs)
    layer.weight = uniform((outputs, inputs), bound, generator)
    if bias:
        layer.bias = uniform((outputs,), bound, generator)
    return layer


def convolution(inputs: int, outputs: int, size: int, generator: torch.Generator, bias: bool = True) -> nn.Conv2d:
    """Return a `size` x `size` Conv2d that keeps the grid, with PyTorch's own initial law, drawn from `generator`."""
    layer = nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=bias, device="meta")
    bound = 1 / (size * math.sqrt(inputs))
    layer.weight = uniform((outputs, inputs, size, size), bound, generator)
    if bias:
        layer.bias = uniform((outputs,), bound, generator)
    return layer


def normal(shape: tuple[int, ...], scale: float, generator: torch.Generator) -> nn.Parameter:
    """Return a parameter drawn from N(0, scale^2)."""
    values: Tensor = torch.randn(shape, generator=generator) * scale
    return nn.Parameter(values)
