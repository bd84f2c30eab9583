"""An energy whose layers multiply matrices: it can represent what the matrix tasks ask for."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, EnergyAndGradient, EnergyConfig, matrices_of, squared_norm
from ravine.energies.initial import linear, normal
from ravine.energies.landscape import LandscapeEmbedding
from ravine.section import Count


@dataclass(frozen=True)
class MatrixCondition(Condition):
    """The channels that depend on the problem alone, and each layer's gains from the landscape."""

    entered: Float[Tensor, "b channels n n"]
    gains: Float[Tensor, "b layers channels"]


@dataclass(frozen=True)
class ForwardRun:
    """The two factors of every layer, which the way back needs, and the read-out, (b, readout, n, n)."""

    factors: tuple[tuple[Tensor, Tensor], ...]
    output: Float[Tensor, "b readout n n"]


class MatrixProducts(Energy[MatrixCondition]):
    """E = |R Z_L|^2, Z_(l+1) = Z_l + B_l (g_l(k) * (P_l Z_l)(Q_l Z_l) / sqrt n), Z_0 a mixture of [a X, Y, I].

    Z holds `channels` n x n matrices; P, Q, B, R mix channels, and the two mixtures are multiplied as matrices, channel
    by channel. `inputs`: matrices per problem; `a` starts at 1.5 / n. B starts at zero, so that the first energy is a
    quadratic whatever the depth. The same weights apply to any n. It knows nothing of inverses.
    """

    def __init__(
        self,
        inputs: int,
        n: int,
        landscapes: int,
        generator: torch.Generator,
        channels: int,
        layers: int,
        readout: int,
        embedding_width: int,
    ) -> None:
        super().__init__()
        self.embedding = LandscapeEmbedding(landscapes, embedding_width, generator)
        self.gains = linear(embedding_width, layers * channels, generator)
        self.scale = nn.Parameter(torch.full((inputs,), 1.5 / n))
        spread = 1 / math.sqrt(channels)
        self.enter_problem = normal((channels, inputs + 1), 1 / math.sqrt(inputs + 2), generator)
        self.enter_answer = normal((channels, 1), 1 / math.sqrt(inputs + 2), generator)
        self.left = nn.ParameterList(normal((channels, channels), spread, generator) for _ in range(layers))
        self.right = nn.ParameterList(normal((channels, channels), spread, generator) for _ in range(layers))
        self.back = nn.ParameterList(nn.Parameter(torch.zeros(channels, channels)) for _ in range(layers))
        self.readout = normal((readout, channels), 0.5 * spread, generator)

    def condition(self, x: Float[Tensor, "b inputs n n"], k: Int[Tensor, " b"]) -> MatrixCondition:
        """Return the problem's channels and the landscape's gains."""
        identity = torch.eye(x.shape[-1], device=x.device, dtype=x.dtype).expand(x.shape[0], 1, -1, -1)
        entered = mix(self.enter_problem, torch.cat([x * self.scale[:, None, None], identity], 1))
        gains = 1 + self.gains(self.embedding.table())
        picked = self.embedding.one_hot(k, gains) @ gains
        return MatrixCondition(entered, picked.reshape(len(k), len(self.left), -1))

    def energy(self, condition: MatrixCondition, y: Float[Tensor, "b n n"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return squared_norm(self._forward(condition, y).output)

    def energy_and_gradient(self, condition: MatrixCondition, y: Float[Tensor, "b n n"]) -> EnergyAndGradient:
        """Return energies and gradients in closed form: reverse mode written out as forward operations."""
        run = self._forward(condition, y)
        g = mix(self.readout.mT, 2 * run.output)
        for layer in reversed(range(len(self.left))):
            left, right = run.factors[layer]
            inner = mix(self.back[layer].mT, g) * self._gain(condition, layer)
            g = g + mix(self.left[layer].mT, inner @ right.mT) + mix(self.right[layer].mT, left.mT @ inner)
        return EnergyAndGradient(squared_norm(run.output), mix(self.enter_answer.mT, g)[:, 0])

    def _forward(self, condition: MatrixCondition, y: Tensor) -> "ForwardRun":
        z, factors = condition.entered + self.enter_answer[:, :, None] * y[:, None], []
        for layer in range(len(self.left)):
            left, right = mix(self.left[layer], z), mix(self.right[layer], z)
            factors.append((left, right))
            z = z + mix(self.back[layer], (left @ right) * self._gain(condition, layer))
        return ForwardRun(tuple(factors), mix(self.readout, z))

    def _gain(self, condition: MatrixCondition, layer: int) -> Tensor:
        return condition.gains[:, layer, :, None, None] / math.sqrt(condition.entered.shape[-1])


class ProductsConfig(EnergyConfig):
    """An energy whose layers multiply matrices, the answer's among them: it computes rather than verifies."""

    name: Literal["products"] = "products"
    channels: Count = 16
    """n x n matrices that each layer works on."""
    layers: Count = 4
    readout: Count = 4
    """n x n matrices that the energy is read from."""
    embedding_width: Annotated[int, Field(ge=4, multiple_of=2)] = 32
    """Entries of the landscape's embedding."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> MatrixProducts:
        """Return the energy for problems of n x n matrices."""
        inputs, n = matrices_of(shape, self.name)
        sizes = self.channels, self.layers, self.readout, self.embedding_width
        return MatrixProducts(inputs, n, diffusion.landscapes, generator, *sizes)


def mix(weight: Float[Tensor, "d c"], channels: Float[Tensor, "b c n n"]) -> Float[Tensor, "b d n n"]:
    """Return the channels mixed by one matrix for all problems, without a permutation in memory."""
    b, _, n, _ = channels.shape
    return torch.bmm(weight.expand(b, -1, -1), channels.reshape(b, -1, n * n)).reshape(b, -1, n, n)
