"""An energy that verifies: a learned relation between problem and answer, preconditioned by matrix products."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from pydantic import model_validator
from torch import Tensor, nn

from ravine.batch import Shape, per_problem
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, EnergyAndGradient, EnergyConfig, matrices_of, squared_norm
from ravine.energies.initial import normal
from ravine.energies.tower import Tower, mix
from ravine.section import Count, Number

FIRST_GAIN, GAIN_RATE = 0.3, 10.0
"""Gains are .3 exp(10 theta): small enough for a first loss near 1 at any n, and quick to travel over decades."""


@dataclass(frozen=True)
class MatrixCondition(Condition):
    """The affine map u = `left` [Y X_1; ...; Y X_r] + `constant` of a point Y, and its `right` factors X."""

    left: Float[Tensor, "b m rn"]
    right: Float[Tensor, "b r n n"]
    constant: Float[Tensor, "b m n"]


@dataclass(frozen=True)
class Rows:
    """Some rows of that map."""

    left: Float[Tensor, "b m rn"]
    constant: Float[Tensor, "b m n"]


class Verify(nn.Module):
    """M_h(x) R(x, y), with R = sum_ab (w_ab X_a Y X_b + v_ab X_a X_b) / nu, X the problem's matrices and the identity.

    R is a relation of second degree with learned w and v; nu bounds the norm of the map Y -> R. Whatever the
    preconditioners M_h are, R = 0 is where all of them agree: M shapes the landscape, R places its minimum.
    """

    def __init__(self, inputs: int, channels: int, count: int, generator: torch.Generator) -> None:
        super().__init__()
        self.precondition = normal((count, channels), channels**-0.5, generator)
        self.answer_terms = normal((inputs + 1, inputs + 1), 0.5, generator)
        self.problem_terms = normal((inputs + 1, inputs + 1), 0.5, generator)

    def forward(self, z: Float[Tensor, "c b n n"], factors: Float[Tensor, "b r n n"]) -> Rows:
        """Return the rows of all preconditioners below one another."""
        answer = torch.einsum("ar,banm->brnm", self.answer_terms, factors)
        problem = torch.einsum("ar,brnm->banm", self.problem_terms, factors)
        m = by_rows(mix(self.precondition, z))
        m = m / per_problem((spectral_norm(answer) * spectral_norm(factors)).sum(1), m)
        return Rows(m @ answer.transpose(1, 2).flatten(2), m @ (factors @ problem).sum(1))


class Predict(nn.Module):
    """y - D_d(x): an answer computed from the problem, in the problem's unit, so that it grows with the problem."""

    def __init__(self, channels: int, count: int, generator: torch.Generator) -> None:
        super().__init__()
        self.answer = normal((count, channels), channels**-0.5, generator)

    def forward(
        self, z: Float[Tensor, "c b n n"], factors: Float[Tensor, "b r n n"], size: Float[Tensor, " b"]
    ) -> Rows:
        """Return the rows of all predictors below one another."""
        others, identity = factors[:, :-1], factors[:, -1]
        left = torch.cat([torch.zeros_like(others).transpose(1, 2).flatten(2), identity], 2)
        answers = by_rows(mix(self.answer, z))
        return Rows(left.repeat(1, len(self.answer), 1), -answers * per_problem(size, answers))


class MatrixConfig(EnergyConfig):
    """An energy that verifies a learned relation of problem and answer, preconditioned by matrix products."""

    name: Literal["matrix"] = "matrix"
    channels: Count = 16
    """n x n matrices that each layer works on."""
    layers: Count = 7
    """Layers of the tower."""
    products: Count = 8
    """Matrix products per layer."""
    entrywise: Number = 0
    """How many of the products are taken entry by entry."""
    tied: bool = False
    """One set of weights for all layers."""
    masks: bool = False
    """Give the tower the places where the matrices are not zero."""
    verifiers: Number = 4
    """Preconditioned copies of the relation."""
    predictors: Number = 0
    """Answers computed from the problem."""

    @model_validator(mode="after")
    def _something_is_read_out(self) -> "MatrixConfig":
        if self.verifiers + self.predictors == 0:
            raise ValueError("neither verifiers nor predictors: nothing would depend on y; write verifiers = 4")
        if self.entrywise > self.products:
            raise ValueError(f"entrywise = {self.entrywise} of products = {self.products}; write no more than that")
        return self

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> "MatrixEnergy":
        """Return the energy for problems of n x n matrices."""
        return MatrixEnergy(*matrices_of(shape, self.name), diffusion.signal.cpu(), generator, self)


class MatrixEnergy(Energy[MatrixCondition]):
    """E(x, y, k) = sum_h |g_h(k) M_h(x) R(x, y)|^2 + sum_d |g_d(k) (y - D_d(x))|^2, y the point at its answer's scale.

    `verifiers` terms check a learned relation R (`Verify`), `predictors` compute an answer D (`Predict`); M and D are
    read from a `Tower` on the problem's matrices at a spectral norm of 1, their transposes, the identity and, with
    `masks`, where the matrices are not zero. Gains g are learned per landscape; `signal` is sqrt(abar_k). The same
    weights apply to any n; the n they are made for sets the scale of the matrices in R, 1.5 / n.
    """

    def __init__(
        self,
        inputs: int,
        n: int,
        signal: Float[Tensor, " K"],
        generator: torch.Generator,
        sizes: MatrixConfig,
    ) -> None:
        super().__init__()
        self.masks = sizes.masks
        self.register_buffer("signal", signal.clone())
        entering, channels = (3 if sizes.masks else 2) * inputs + 1, sizes.channels
        self.tower = Tower(entering, generator, channels, sizes.layers, sizes.products, sizes.entrywise, sizes.tied)
        self.register_buffer("scale", torch.tensor(1.5 / n))
        self.verify = Verify(inputs, channels, sizes.verifiers, generator) if sizes.verifiers else None
        self.predict = Predict(channels, sizes.predictors, generator) if sizes.predictors else None
        self.gains = nn.Parameter(torch.zeros(len(signal), sizes.verifiers + sizes.predictors))

    def condition(self, x: Float[Tensor, "b inputs n n"], k: Int[Tensor, " b"]) -> MatrixCondition:
        """Return the affine map that each problem and landscape stand for."""
        n = x.shape[-1]
        identity = torch.eye(n, device=x.device, dtype=x.dtype).expand(len(x), 1, n, n)
        size = spectral_norm(x).amax(1)
        z = self.tower(self._entering(x / per_problem(size, x), identity))
        factors = identity if self.verify is None else torch.cat([x * self.get_buffer("scale"), identity], 1)
        rows = [] if self.verify is None else [self.verify(z, factors)]
        rows += [] if self.predict is None else [self.predict(z, factors, size)]
        gains = FIRST_GAIN * torch.exp(GAIN_RATE * self.gains[k]).repeat_interleave(n, 1)[:, :, None]
        left, constant = torch.cat([r.left for r in rows], 1), torch.cat([r.constant for r in rows], 1)
        signal = per_problem(self.get_buffer("signal")[k], constant)
        return MatrixCondition(gains * left, factors, gains * signal * constant)

    def energy(self, condition: MatrixCondition, y: Float[Tensor, "b n n"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return squared_norm(mapped(condition, y))

    def energy_and_gradient(self, condition: MatrixCondition, y: Float[Tensor, "b n n"]) -> EnergyAndGradient:
        """Return energies |u|^2 and gradients 2 sum_r (left_r' u) X_r'."""
        u = mapped(condition, y)
        back = (condition.left.mT @ (2 * u)).reshape(condition.right.shape)
        return EnergyAndGradient(squared_norm(u), (back @ condition.right.mT).sum(1))

    def _entering(self, x: Tensor, identity: Tensor) -> Float[Tensor, "c b n n"]:
        masks = [(x != 0).to(x.dtype)] if self.masks else []
        return torch.cat([x, x.mT, *masks, identity], 1).movedim(1, 0)


def mapped(condition: MatrixCondition, y: Float[Tensor, "b n n"]) -> Float[Tensor, "b m n"]:
    """Return u = left [Y X_1; ...; Y X_r] + constant."""
    return torch.baddbmm(condition.constant, condition.left, (y[:, None] @ condition.right).flatten(1, 2))


def by_rows(channels: Float[Tensor, "h b n m"]) -> Float[Tensor, "b hn m"]:
    """Return the channels of each problem below one another."""
    return channels.movedim(0, 1).flatten(1, 2)


def spectral_norm(matrices: Float[Tensor, "b r n n"]) -> Float[Tensor, "b r"]:
    """Return (sum_i s_i^16)^(1/16) over the singular values s: at least the greatest, at most n^(1/16) times that.

    It is never 0, so that it may divide, and differentiable at 0.
    """
    least = torch.finfo(matrices.dtype).tiny
    frobenius = matrices.square().sum((2, 3), keepdim=True).clamp_min(least).sqrt()
    scaled = matrices / frobenius
    fourth = (scaled @ scaled.mT) @ (scaled @ scaled.mT)
    return (fourth @ fourth).square().sum((2, 3)).clamp_min(least).pow(1 / 16) * frobenius[:, :, 0, 0]
