"""An energy that reflects: tied rounds turn one column of a matrix after the other, by mirrors that are learned."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import EnergyConfig
from ravine.energies.computed import ComputedEnergy
from ravine.energies.initial import normal
from ravine.errors import ConfigurationError

RATE = 5.0
"""The sharpness of signs, and m, are exp(5 theta): quick to travel over decades."""


class ReflectionEnergy(ComputedEnergy):
    """E = |y - s D(x)|^2 / (2 sigma), D from rounds j < n - 1 of [A, W] <- (I - 2 v v' / v'v) [A, W].

    c is column j of A from row j down, v = c + a |c| tanh(g c_j / |c|) e_j, and W begins as I. D is [W', A] after the
    last round, or for answers of one number m (-1)^(n-1) times the product of A's diagonal; a, g and m are learned.
    With a = 1 and sharp signs the rounds are Householder's. The same weights fit every n.
    """

    def __init__(self, factors: bool, signal: Float[Tensor, " K"], generator: torch.Generator) -> None:
        super().__init__(signal)
        self.scale = None if factors else nn.Parameter(torch.zeros(()))
        self.along = nn.Parameter(1 + normal((), 0.1, generator).detach())
        self.sharpness = nn.Parameter(torch.tensor(0.4))

    def computed(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b *answer"]:
        """Return the answers D(x)."""
        n, least = x.shape[-1], torch.finfo(x.dtype).tiny
        identity = torch.eye(n, device=x.device, dtype=x.dtype)
        both = torch.cat([x[:, 0], identity.expand_as(x[:, 0])], 2)
        slope = torch.exp(RATE * self.sharpness)
        for step in range(n - 1):
            c = both[:, step:, step]
            length = (c.square().sum(1, keepdim=True) + least).sqrt()
            v = c + self.along * length * torch.tanh(slope * c[:, :1] / length) * identity[step, step:]
            mirrored = v[:, None] @ both[:, step:]
            size = v.square().sum(1).clamp(min=least)[:, None, None]
            below = both[:, step:] - 2 * v[:, :, None] * mirrored / size
            both = torch.cat([both[:, :step], below], 1)
        if self.scale is None:
            return torch.stack([both[:, :, n:].mT, both[:, :, :n]], 1)
        product: Tensor = both.diagonal(dim1=1, dim2=2).prod(1, keepdim=True)
        signed: Tensor = product * (-1) ** (n - 1)
        return torch.exp(RATE * self.scale) * signed


class ReflectionsConfig(EnergyConfig):
    """An energy that turns one column after the other by learned mirrors: for QR factors and determinants."""

    name: Literal["reflections"] = "reflections"

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> ReflectionEnergy:
        """Return the energy for problems of one n x n matrix with answers of two, or of one number."""
        n = shape.x[-1]
        if shape.x != (1, n, n) or shape.y not in ((2, n, n), (1,)):
            raise ConfigurationError(f"energy.name: {self.name} needs one matrix, and answers of two or of one number")
        return ReflectionEnergy(shape.y != (1,), diffusion.signal.cpu(), generator)
