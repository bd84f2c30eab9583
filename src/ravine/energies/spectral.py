"""An energy around a unit vector: a learned polynomial of the problem's matrix, applied to the first axis."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import EnergyConfig
from ravine.energies.computed import ComputedCondition, ComputedEnergy
from ravine.energies.initial import normal
from ravine.energies.rounds import TiedRounds
from ravine.energies.tower import mix
from ravine.errors import ConfigurationError
from ravine.section import Count


class SpectralEnergy(ComputedEnergy, TiedRounds[ComputedCondition]):
    """E = |y - s D(x)|^2 / (2 sigma), D = M(S) e_1 / |M(S) e_1|, M a mixture of the last Z's channels.

    Z begins as mixtures of S at a trace of 0 and a norm of 1, and of I; in tied rounds Z <- Z + B (P Z)(Q Z), with
    matrix products, at a norm of 1. So M is a polynomial of S of a degree up to 2^rounds: D(a S + b I) = D(S) for
    a > 0, a renaming of all axes but the first renames D, and the same weights fit every n.
    """

    def __init__(self, signal: Float[Tensor, " K"], generator: torch.Generator, channels: int, rounds: int) -> None:
        super().__init__(signal)
        self.rounds = rounds
        spread = channels**-0.5
        self.enter = normal((channels, 2), 1.0, generator)
        self.left, self.right, self.back = (normal((channels, channels), spread, generator) for _ in range(3))
        self.read = normal((1, channels), spread, generator)

    def computed(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b n"]:
        """Return the answers D(x)."""
        identity = torch.eye(x.shape[-1], device=x.device, dtype=x.dtype).expand(1, *x[:, 0].shape)
        s = x.movedim(1, 0) - x.diagonal(dim1=2, dim2=3).mean(2)[..., None].movedim(1, 0)[..., None] * identity
        z = of_norm_one(mix(self.enter, torch.cat([of_norm_one(s), identity])))
        for _ in range(self.rounds):
            z = of_norm_one(z + mix(self.back, mix(self.left, z) @ mix(self.right, z)))
        return of_norm_one(mix(self.read, z)[:, :, :, :1])[0, :, :, 0]


class SpectralConfig(EnergyConfig):
    """An energy around a unit vector, a learned polynomial of the problem's matrix times the first axis."""

    name: Literal["spectral"] = "spectral"
    channels: Count = 4
    """n x n matrices that each layer works on."""
    rounds: Count = 8
    """Rounds, of one set of weights."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> SpectralEnergy:
        """Return the energy for problems of one n x n matrix with answers of n numbers."""
        n = shape.x[-1]
        if shape.x != (1, n, n) or shape.y != (n,):
            raise ConfigurationError(f"energy.name: {self.name} needs one matrix, and answers of n numbers")
        return SpectralEnergy(diffusion.signal.cpu(), generator, self.channels, self.rounds)


def of_norm_one(channels: Float[Tensor, "c b n m"]) -> Float[Tensor, "c b n m"]:
    """Return each problem's channels divided by their common Frobenius norm."""
    size: Tensor = channels.square().sum((0, 2, 3), keepdim=True) + torch.finfo(channels.dtype).tiny
    return channels / size.sqrt()
