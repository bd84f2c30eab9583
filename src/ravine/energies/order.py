"""An energy that puts numbers in order: by counting how many are smaller."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import EnergyConfig
from ravine.energies.computed import ComputedEnergy
from ravine.energies.initial import uniform
from ravine.errors import ConfigurationError
from ravine.section import Count

RATE = 5.0
"""Sharpnesses are exp(5 theta): quick to travel over decades."""


class OrderEnergy(ComputedEnergy):
    """E = |y - s D(x)|^2 / (2 sigma), D_k = sum_i x_i softmax_i(-g (r_i - k - 1/2)^2).

    r_i = sum_jh a_h sigmoid(b_h d_ij), d_ij = n (x_i - x_j) / std(x), counts softly how many values are smaller, half
    for itself. Weights a, sharpnesses b and g are learned. No order of the values matters, D(c x) = c D(x) for c > 0,
    and the same weights fit any number of values.
    """

    def __init__(self, signal: Float[Tensor, " K"], generator: torch.Generator, comparisons: int) -> None:
        super().__init__(signal)
        self.weights = nn.Parameter(1 / comparisons + uniform((comparisons,), 0.5 / comparisons, generator).detach())
        self.sharpness = uniform((comparisons,), 0.3, generator)
        self.match = nn.Parameter(torch.zeros(()))

    def computed(self, x: Float[Tensor, "b n"]) -> Float[Tensor, "b n"]:
        """Return the answers D(x)."""
        n = x.shape[1]
        unit = x.std(1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny)
        scaled = x * (n / unit)
        apart = scaled[:, :, None] - scaled[:, None]
        slopes = torch.exp(RATE * self.sharpness)
        smaller = sum(w * torch.sigmoid(slope * apart).sum(2) for w, slope in zip(self.weights, slopes, strict=True))
        places = torch.arange(n, device=x.device, dtype=x.dtype) + 0.5
        off = (smaller[:, None] - places[:, None]).square()
        chosen = torch.softmax(-torch.exp(RATE * self.match) * off, 2)
        return (chosen @ x[:, :, None])[:, :, 0]


class OrderConfig(EnergyConfig):
    """An energy that puts numbers in order by counting how many are smaller."""

    name: Literal["order"] = "order"
    comparisons: Count = 2
    """Ways to compare two numbers, each of a sharpness of its own."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> OrderEnergy:
        """Return the energy for problems of n numbers with answers of as many."""
        if len(shape.x) != 1 or shape.x != shape.y:
            raise ConfigurationError(f"energy.name: {self.name} needs n numbers and answers of n numbers")
        return OrderEnergy(diffusion.signal.cpu(), generator, self.comparisons)
