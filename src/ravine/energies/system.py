"""An energy that verifies the solution of a system of linear equations: a learned relation, preconditioned."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ravine.batch import Shape, per_problem
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, EnergyAndGradient, EnergyConfig, squared_norm
from ravine.energies.initial import normal
from ravine.energies.matrix import FIRST_GAIN, GAIN_RATE, by_rows, spectral_norm
from ravine.energies.tower import Tower, mix
from ravine.errors import ConfigurationError
from ravine.section import Count


@dataclass(frozen=True)
class SystemCondition(Condition):
    """The affine map u = `left` y + `constant` of a point y."""

    left: Float[Tensor, "b m n"]
    constant: Float[Tensor, "b m 1"]


class SystemEnergy(Energy[SystemCondition]):
    """E(x, y, k) = sum_h |g_h(k) M_h(S) R(x, y)|^2, R = w_1 S y + w_0 y + v_1 S b + v_0 b, y at its answer's scale.

    The problem is [S, b]. R is a relation of first degree in the answer and at most first in S, with learned w and v;
    `verifiers` preconditioners M_h are read from a `Tower` on S at a spectral norm of 1, S' and the identity; S and b
    in R have that unit, too. Whatever M is, R = 0 is where the energy is least: M shapes the landscape, R
    places its minimum. Gains g are learned per landscape; `signal` is sqrt(abar_k). The same weights apply to any n.
    """

    def __init__(self, signal: Float[Tensor, " K"], generator: torch.Generator, sizes: "SystemConfig") -> None:
        super().__init__()
        channels, count = sizes.channels, sizes.verifiers
        self.register_buffer("signal", signal.clone())
        self.tower = Tower(3, generator, channels, sizes.layers, sizes.products)
        self.precondition = normal((count, channels), channels**-0.5, generator)
        self.answer_terms = normal((2,), 0.5, generator)
        self.problem_terms = normal((2,), 0.5, generator)
        self.gains = nn.Parameter(torch.zeros(len(signal), count))

    def condition(self, x: Float[Tensor, "b n columns"], k: Int[Tensor, " b"]) -> SystemCondition:
        """Return the affine map that each problem and landscape stand for."""
        size = spectral_norm(x[:, None, :, :-1])[:, 0]
        scaled = x / per_problem(size, x)
        s, b = scaled[:, :, :-1], scaled[:, :, -1:]
        identity = torch.eye(s.shape[-1], device=x.device, dtype=x.dtype).expand_as(s)
        z = self.tower(torch.stack([s, s.mT, identity]))
        gains = FIRST_GAIN * torch.exp(GAIN_RATE * self.gains[k]).repeat_interleave(s.shape[-1], 1)[:, :, None]
        m = gains * by_rows(mix(self.precondition, z))
        (w_0, w_1), (v_0, v_1) = self.answer_terms, self.problem_terms
        signal = per_problem(self.get_buffer("signal")[k], b)
        return SystemCondition(m @ (w_1 * s + w_0 * identity), m @ (v_1 * (s @ b) + v_0 * b) * signal)

    def energy(self, condition: SystemCondition, y: Float[Tensor, "b n"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return squared_norm(condition.left @ y[:, :, None] + condition.constant)

    def energy_and_gradient(self, condition: SystemCondition, y: Float[Tensor, "b n"]) -> EnergyAndGradient:
        """Return energies |u|^2 and gradients 2 left' u."""
        u = condition.left @ y[:, :, None] + condition.constant
        return EnergyAndGradient(squared_norm(u), (condition.left.mT @ (2 * u))[:, :, 0])


class SystemConfig(EnergyConfig):
    """An energy that verifies solutions of systems of linear equations, preconditioned by matrix products."""

    name: Literal["system"] = "system"
    channels: Count = 16
    """n x n matrices that each layer works on."""
    layers: Count = 7
    """Layers of the tower."""
    products: Count = 8
    """Matrix products per layer."""
    verifiers: Count = 4
    """Preconditioned copies of the relation."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> SystemEnergy:
        """Return the energy for problems [S, b] of n x (n + 1)."""
        n = shape.y[0]
        if shape.x != (n, n + 1) or shape.y != (n,):
            raise ConfigurationError(f"energy.name: {self.name} needs n x (n + 1) problems with answers of n numbers")
        return SystemEnergy(diffusion.signal.cpu(), generator, self)
