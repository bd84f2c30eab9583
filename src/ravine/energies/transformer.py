"""IRED's transformer for boards, with the landscape's embedding that the released one is never given."""

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field, model_validator
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, EnergyConfig, squared_norm
from ravine.energies.initial import normal
from ravine.energies.landscape import LandscapeEmbedding
from ravine.energies.misfit import misfit
from ravine.section import Count

SCALE = 0.02
"""Initial scale of all weights, as released; biases begin at 0."""


@dataclass(frozen=True)
class TransformerCondition(Condition):
    """What problem, place and landscape put into every cell, (b, cells, width), and the landscape's gain and bias."""

    first: Float[Tensor, "b cells width"]
    gain: Float[Tensor, "b width"]
    bias: Float[Tensor, "b width"]


class Layer(nn.Module):
    """A linear map whose weights are drawn from N(0, .02^2) and whose bias begins at 0."""

    def __init__(self, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = normal((outputs, inputs), SCALE, generator)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, h: Float[Tensor, "*rows inputs"]) -> Float[Tensor, "*rows outputs"]:
        """Return the mapped rows."""
        return nn.functional.linear(h, self.weight, self.bias)


class Block(nn.Module):
    """h + attention(norm(h)), then h + W2 gelu(W1 norm(h)) of four times the width: every cell hears every other."""

    def __init__(self, width: int, heads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries_keys_values = Layer(width, 3 * width, generator)
        self.attended = Layer(width, width, generator)
        self.widen, self.narrow = Layer(width, 4 * width, generator), Layer(4 * width, width, generator)

    def forward(self, h: Float[Tensor, "b cells width"]) -> Float[Tensor, "b cells width"]:
        """Return the cells after the block."""
        parts = self.queries_keys_values(self.before_attention(h)).chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        weights = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)  # written out: the fused one has no second derivative
        h = h + self.attended((weights @ v).transpose(1, 2).flatten(2))
        deeper: Tensor = h + self.narrow(nn.functional.gelu(self.widen(self.before_mlp(h))))
        return deeper


class Transformer(Energy[TransformerCondition]):
    """E = |y - output|^2 of a transformer over the cells of [x, y], places and landscape added to every cell.

    output = W2 gelu((1 + gain(k)) W1 norm(h) + bias(k)). As described by the released code, which cannot run: its
    network is called without the landscape's embedding that it asks for. Ours is given it, and has no dropout, since an
    energy is a function. Places are learned: weights fit one size of board. Source: the code of Du et al. 2024.
    """

    def __init__(
        self, shape: Shape, landscapes: int, generator: torch.Generator, width: int, heads: int, blocks: int
    ) -> None:
        super().__init__()
        cells, channels = shape.y[0] * shape.y[1], shape.y[2]
        self.embedding = LandscapeEmbedding(landscapes, width, generator)
        self.from_problem = Layer(shape.x[2], width, generator)
        self.from_answer = normal((channels, width), SCALE, generator)
        self.place = normal((cells, width), SCALE, generator)
        self.blocks = nn.ModuleList(Block(width, heads, generator) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.hidden, self.film = Layer(width, width, generator), Layer(width, 2 * width, generator)
        self.leave = Layer(width, channels, generator)

    def condition(self, x: Float[Tensor, "b rows columns entries"], k: Int[Tensor, " b"]) -> TransformerCondition:
        """Return the problem's share of every cell, and the gains and biases of `k`."""
        table = self.embedding.table()
        embedding = self.embedding.one_hot(k, table) @ table
        gain, bias = self.film(embedding).chunk(2, dim=1)
        first = self.from_problem(x.flatten(1, 2)) + self.place + embedding[:, None]
        return TransformerCondition(first, 1 + gain, bias)

    def energy(
        self, condition: TransformerCondition, y: Float[Tensor, "b rows columns entries"]
    ) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        cells = y.flatten(1, 2)
        h = condition.first + cells @ self.from_answer
        for block in self.blocks:
            h = block(h)
        steered = condition.gain[:, None] * self.hidden(self.norm(h)) + condition.bias[:, None]
        return squared_norm(cells - self.leave(nn.functional.gelu(steered)))


class TransformerConfig(EnergyConfig):
    """IRED's transformer for boards, given the landscape that the released one is not."""

    name: Literal["transformer"] = "transformer"
    width: Annotated[int, Field(ge=4, multiple_of=2)] = 128
    """Numbers per cell."""
    heads: Count = 4
    """Attention heads; width is a multiple of them."""
    blocks: Count = 1
    """Blocks of attention and two layers."""

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> "TransformerConfig":
        if self.width % self.heads:
            raise ValueError(f"width = {self.width} is no multiple of heads = {self.heads}")
        return self

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> Transformer:
        """Return the energy for problems and answers on one grid, (rows, columns, entries) each."""
        if len(shape.x) != 3 or len(shape.y) != 3 or shape.x[:2] != shape.y[:2]:
            raise misfit(self.name, "problems and answers on one grid, (rows, columns, entries)", shape)
        return Transformer(shape, diffusion.landscapes, generator, self.width, self.heads, self.blocks)
