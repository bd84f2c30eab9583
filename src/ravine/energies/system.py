"""An energy that verifies the solution of a system of linear equations: a learned relation, preconditioned."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ravine.batch import Shape, per_problem
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, EnergyAndGradient, EnergyConfig, squared_norm
from ravine.energies.initial import normal
from ravine.energies.matrix import GAIN_RATE, spectral_norm
from ravine.energies.rounds import TiedRounds
from ravine.errors import ConfigurationError
from ravine.section import Count

LIMIT = 2.0
"""Of |M S| / |I|, which is near 1 where M is an inverse."""


@dataclass(frozen=True)
class SystemCondition(Condition):
    """The affine map u = `left` y + `constant` of a point y."""

    left: Float[Tensor, "b n n"]
    constant: Float[Tensor, "b n 1"]


class SystemEnergy(TiedRounds[SystemCondition]):
    """E(x, y, k) = |g(k) M(S) R(x, y)|^2, R = w_1 S y + w_0 y + v_1 S b + v_0 b, y at its answer's scale.

    The problem is [S, b], in the unit in which the spectral norm of S is 1. R is a relation of first degree in the
    answer and at most first in S, with learned w and v. M is a preconditioner from tied rounds M <- a M + c M S M, at
    first m_1 S' + m_0 I, with learned a, c and m: more rounds reach smaller eigenvalues. Where |M S| is beyond `LIMIT`
    |I|, so that rounds diverge, M is made smaller first. Whatever M is, R = 0 is where the energy is least: M shapes
    the landscape, R places its minimum. Gains g are learned per landscape; `signal` is sqrt(abar_k). The same weights
    apply to any n.
    """

    def __init__(self, signal: Float[Tensor, " K"], generator: torch.Generator, rounds: int) -> None:
        super().__init__()
        self.rounds = rounds
        self.register_buffer("signal", signal.clone(), persistent=False)
        self.answer_terms = normal((2,), 0.5, generator)
        self.problem_terms = normal((2,), 0.5, generator)
        self.start = nn.Parameter(torch.tensor([0.5, 0.0]) + normal((2,), 0.1, generator).detach())
        self.round = nn.Parameter(torch.tensor([1.2, -0.2]) + normal((2,), 0.02, generator).detach())
        self.gains = nn.Parameter(torch.zeros(len(signal)))

    def condition(self, x: Float[Tensor, "b n columns"], k: Int[Tensor, " b"]) -> SystemCondition:
        """Return the affine map that each problem and landscape stand for."""
        scaled = x / per_problem(spectral_norm(x[:, None, :, :-1])[:, 0], x)
        s, b = scaled[:, :, :-1], scaled[:, :, -1:]
        identity = torch.eye(s.shape[-1], device=x.device, dtype=x.dtype)
        m = self.start[0] * identity + self.start[1] * s.mT
        for _ in range(self.rounds):
            m = self._next(m, s)
        m = m * per_problem(torch.exp(GAIN_RATE * self.gains[k]), m)
        (w_0, w_1), (v_0, v_1) = self.answer_terms, self.problem_terms
        signal = per_problem(self.get_buffer("signal")[k], b)
        return SystemCondition(m @ (w_1 * s + w_0 * identity), m @ (v_1 * (s @ b) + v_0 * b) * signal)

    def _next(self, m: Float[Tensor, "b n n"], s: Float[Tensor, "b n n"]) -> Float[Tensor, "b n n"]:
        """Return the preconditioner after a round."""
        product = m @ s
        over = product.square().sum((1, 2)).div(s.shape[-1]).sqrt() / LIMIT
        m, product = (part / per_problem(over.clamp(min=1), part) for part in (m, product))
        return self.round[0] * m + self.round[1] * (product @ m)

    def energy(self, condition: SystemCondition, y: Float[Tensor, "b n"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return squared_norm(condition.left @ y[:, :, None] + condition.constant)

    def energy_and_gradient(self, condition: SystemCondition, y: Float[Tensor, "b n"]) -> EnergyAndGradient:
        """Return energies |u|^2 and gradients 2 left' u."""
        u = condition.left @ y[:, :, None] + condition.constant
        return EnergyAndGradient(squared_norm(u), (condition.left.mT @ (2 * u))[:, :, 0])


class SystemConfig(EnergyConfig):
    """An energy that verifies solutions of systems of linear equations, preconditioned by tied rounds."""

    name: Literal["system"] = "system"
    rounds: Count = 16
    """Rounds of the preconditioner, of one set of weights."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> SystemEnergy:
        """Return the energy for problems [S, b] of n x (n + 1)."""
        n = shape.y[0]
        if shape.x != (n, n + 1) or shape.y != (n,):
            raise ConfigurationError(f"energy.name: {self.name} needs n x (n + 1) problems with answers of n numbers")
        return SystemEnergy(diffusion.signal.cpu(), generator, self.rounds)
