"""The board network as a diffusion baseline: it knows where a cell lies, and cells attend to one another."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.board import SINUSOIDS, Block, BoardCondition, grid_of, steering_of
from ravine.energies.denoiser import Denoiser, DenoiserConfig
from ravine.energies.initial import convolution
from ravine.energies.landscape import LandscapeEmbedding
from ravine.section import Count

PAIR = 2
"""Residual blocks before each attention."""


@dataclass(frozen=True)
class Sizes:
    """What the network is made of: channels, blocks, entries of the embedding, heads of an attention, their width."""

    channels: int
    blocks: int
    embedding_width: int
    heads: int
    head_width: int


class Attention(nn.Module):
    """Every cell looks at all: softmax(q k' / sqrt(width)) v over cells, of each head, and a 1 x 1 convolution.

    Channels are first scaled to length sqrt(channels), times a learned gain. It is no residual: what it puts out takes
    the place of what went in.
    """

    def __init__(self, sizes: Sizes, generator: torch.Generator) -> None:
        super().__init__()
        self.heads, inner = sizes.heads, sizes.heads * sizes.head_width
        self.gain = nn.Parameter(torch.ones(1, sizes.channels, 1, 1))
        self.enter = convolution(sizes.channels, 3 * inner, 1, generator, bias=False)
        self.leave = convolution(inner, sizes.channels, 1, generator)

    def forward(self, h: Float[Tensor, "b channels rows columns"]) -> Float[Tensor, "b channels rows columns"]:
        """Return the channels after the attention."""
        normed = nn.functional.normalize(h, dim=1) * self.gain * math.sqrt(h.shape[1])
        q, key, value = (self._by_head(part) for part in self.enter(normed).chunk(3, dim=1))
        seen = nn.functional.scaled_dot_product_attention(q, key, value)
        mixed: Tensor = self.leave(seen.mT.reshape(len(h), -1, *h.shape[2:]))
        return mixed

    def _by_head(self, channels: Tensor) -> Tensor:
        """Return (b, heads * width, rows, columns) as (b, heads, cells, width)."""
        return channels.reshape(len(channels), self.heads, -1, channels.shape[2] * channels.shape[3]).mT


class BoardDenoiser(Denoiser[BoardCondition]):
    """The noise, by the residual blocks of `board`, an attention over all cells after every second, and 1 x 1.

    Besides [x, y] the network sees each cell's column and row, from 0 to 1. The same weights apply to any grid. Source:
    the released code of Du et al. 2024, their baseline's network.
    """

    def __init__(
        self, x_channels: int, y_channels: int, landscapes: int, generator: torch.Generator, sizes: Sizes
    ) -> None:
        super().__init__()
        self.x_channels, self.y_channels = x_channels, y_channels
        self.embedding = LandscapeEmbedding(landscapes, sizes.embedding_width, generator, SINUSOIDS)
        self.enter = convolution(x_channels + y_channels + 2, sizes.channels, 3, generator)
        self.blocks = nn.ModuleList(
            Block(sizes.channels, sizes.embedding_width, generator) for _ in range(sizes.blocks)
        )
        self.attentions = nn.ModuleList(Attention(sizes, generator) for _ in range(sizes.blocks // PAIR))
        self.leave = convolution(sizes.channels, y_channels, 1, generator)

    def condition(self, x: Float[Tensor, "b rows columns digits"], k: Int[Tensor, " b"]) -> BoardCondition:
        """Return the first layer's share of `x` and of where cells lie, and the gains and biases of `k`."""
        weight, last = self.enter.weight, self.x_channels + self.y_channels
        known = torch.cat([weight[:, : self.x_channels], weight[:, last:]], 1)
        seen = torch.cat([x.movedim(3, 1), places(x)], 1)
        first = nn.functional.conv2d(seen, known, self.enter.bias, padding=1)
        return BoardCondition(first, *steering_of(self.embedding, self.blocks, k))

    def noise(
        self, condition: BoardCondition, y: Float[Tensor, "b rows columns digits"]
    ) -> Float[Tensor, "b rows columns digits"]:
        """Return the predicted noise."""
        weight = self.enter.weight[:, self.x_channels : self.x_channels + self.y_channels]
        h = nn.functional.silu(condition.first + nn.functional.conv2d(y.movedim(3, 1), weight, padding=1))
        for index, block in enumerate(self.blocks):
            h = block(h, condition.gain[:, index], condition.bias[:, index])
            if index % PAIR == PAIR - 1:
                h = self.attentions[index // PAIR](h)
        eps: Tensor = self.leave(h)
        return eps.movedim(1, 3)


class BoardDenoiserConfig(DenoiserConfig):
    """A convolutional network with attention that predicts the noise on boards: no energy, a diffusion baseline."""

    name: Literal["board-denoiser"] = "board-denoiser"
    channels: Count = 128
    """Channels of each hidden layer."""
    blocks: Annotated[int, Field(ge=2, multiple_of=2)] = 6
    """Residual blocks of two convolutions; after every second one cells attend to one another."""
    embedding_width: Count = 64
    """Entries of the landscape's embedding."""
    heads: Count = 4
    """Heads of an attention."""
    head_width: Count = 128
    """Numbers by which a head compares cells."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> BoardDenoiser:
        """Return the denoiser for problems and answers on one grid, (rows, columns, channels) each."""
        x_channels, y_channels = grid_of(shape, self.name)
        sizes = Sizes(self.channels, self.blocks, self.embedding_width, self.heads, self.head_width)
        return BoardDenoiser(x_channels, y_channels, diffusion.landscapes, generator, sizes)


def places(x: Float[Tensor, "b rows columns digits"]) -> Float[Tensor, "b two rows columns"]:
    """Return every cell's column and row, from 0 to 1."""
    size, rows, columns = x.shape[:3]
    across, down = (torch.linspace(0, 1, n, device=x.device, dtype=x.dtype) for n in (columns, rows))
    return torch.stack([across.expand(rows, -1), down[:, None].expand(-1, columns)]).expand(size, -1, -1, -1)
