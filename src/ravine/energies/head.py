"""How a network's output becomes one energy."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.energies.base import squared_norm

Head = Literal["norm", "scalar", "mean"]


def outputs_of(head: Head, entries: int) -> tuple[int, bool]:
    """Return how many numbers a network puts out where `norm` takes `entries`, and whether they have a bias.

    `scalar` takes one, and no bias: a constant added to the energy is in nobody's gradient.
    """
    return (1, False) if head == "scalar" else (entries, True)


def energy_of(head: Head, output: Float[Tensor, "b *shape"]) -> Float[Tensor, " b"]:
    """Return |output|^2 (norm, as released), its mean over entries (mean), or the outputs' sum (scalar), per row."""
    if head == "scalar":
        return (output if output.dtype == torch.float64 else output.float()).flatten(1).sum(1)
    return squared_norm(output) if head == "norm" else squared_norm(output) / output[0].numel()


def slope_of(head: Head, output: Float[Tensor, "b *shape"]) -> Float[Tensor, "b *shape"]:
    """Return the derivative of that energy by the output."""
    if head == "scalar":
        return torch.ones_like(output)
    return 2 * output if head == "norm" else 2 * output / output[0].numel()
