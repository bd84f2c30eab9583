"""IRED's energy for boards: a residual convolutional network on the grid of [x, y], steered by the landscape."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, EnergyConfig
from ravine.energies.head import Head, energy_of, outputs_of
from ravine.energies.initial import convolution, linear, normal
from ravine.energies.landscape import LandscapeEmbedding
from ravine.energies.misfit import misfit
from ravine.section import Count

SINUSOIDS = 128
FLAT = 1e-5
"""Initial scale of a block's second convolution: a block begins almost without a say of its own."""


@dataclass(frozen=True)
class BoardCondition(Condition):
    """The problem's part of the first layer and every block's gains and biases from the landscape."""

    first: Float[Tensor, "b channels rows columns"]
    gain: Float[Tensor, "b blocks channels"]
    bias: Float[Tensor, "b blocks channels"]


class Block(nn.Module):
    """h + silu(gain(k) conv2(silu(conv1(h))) + bias(k)), both convolutions 5 x 5."""

    def __init__(self, channels: int, embedding_width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.conv1 = convolution(channels, channels, 5, generator)
        self.conv2 = convolution(channels, channels, 5, generator)
        self.conv2.weight = normal(tuple(self.conv2.weight.shape), FLAT, generator)
        self.film = linear(embedding_width, 2 * channels, generator)

    def forward(
        self,
        h: Float[Tensor, "b channels rows columns"],
        gain: Float[Tensor, "b channels"],
        bias: Float[Tensor, "b channels"],
    ) -> Float[Tensor, "b channels rows columns"]:
        """Return the channels after the block."""
        steered = gain[:, :, None, None] * self.conv2(nn.functional.silu(self.conv1(h))) + bias[:, :, None, None]
        return h + nn.functional.silu(steered)


class Board(Energy[BoardCondition]):
    """E = |output|^2 of a 3 x 3 convolution of [x, y], residual blocks, and a 1 x 1 convolution back to y's channels.

    Problems and answers lie on one grid, (rows, columns, channels), padded with zeros: the network knows where on the
    board a cell is by its distance from the edges, and nothing of boxes or the symmetry of digits. `x_channels`,
    `y_channels`: entries of a cell; `head`: other ways from the output to E (`ravine.energies.head`). The same weights
    apply to any grid. Source: the released code of Du et al. 2024.
    """

    def __init__(
        self,
        x_channels: int,
        y_channels: int,
        landscapes: int,
        generator: torch.Generator,
        channels: int,
        blocks: int,
        embedding_width: int,
        head: Head = "norm",
    ) -> None:
        super().__init__()
        self.head = head
        self.x_channels = x_channels
        self.embedding = LandscapeEmbedding(landscapes, embedding_width, generator, SINUSOIDS)
        self.enter = convolution(x_channels + y_channels, channels, 3, generator)
        self.blocks = nn.ModuleList(Block(channels, embedding_width, generator) for _ in range(blocks))
        outputs, bias = outputs_of(head, y_channels)
        self.leave = convolution(channels, outputs, 1, generator, bias)

    def condition(self, x: Float[Tensor, "b rows columns digits"], k: Int[Tensor, " b"]) -> BoardCondition:
        """Return the first layer's share of `x` and the gains and biases of `k`."""
        weight = self.enter.weight[:, : self.x_channels]
        first = nn.functional.conv2d(x.movedim(3, 1), weight, self.enter.bias, padding=1)
        return BoardCondition(first, *steering_of(self.embedding, self.blocks, k))

    def energy(self, condition: BoardCondition, y: Float[Tensor, "b rows columns digits"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        weight = self.enter.weight[:, self.x_channels :]
        h = nn.functional.silu(condition.first + nn.functional.conv2d(y.movedim(3, 1), weight, padding=1))
        for index, block in enumerate(self.blocks):
            h = block(h, condition.gain[:, index], condition.bias[:, index])
        return energy_of(self.head, self.leave(h))


class BoardConfig(EnergyConfig):
    """IRED's energy for boards: 45 million weights at its released sizes."""

    name: Literal["board"] = "board"
    channels: Count = 384
    """Channels of each hidden layer."""
    blocks: Count = 6
    """Residual blocks of two convolutions."""
    embedding_width: Count = 64
    """Entries of the landscape's embedding."""
    head: Head = "norm"
    """How the output becomes an energy: its squared norm, one learned number a cell, summed, or its mean square."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> Board:
        """Return the energy for problems and answers on one grid, (rows, columns, channels) each."""
        x_channels, y_channels = grid_of(shape, self.name)
        sizes = self.channels, self.blocks, self.embedding_width, self.head
        return Board(x_channels, y_channels, diffusion.landscapes, generator, *sizes)


def steering_of(
    embedding: LandscapeEmbedding, blocks: nn.ModuleList, k: Int[Tensor, " b"]
) -> tuple[Float[Tensor, "b blocks channels"], Float[Tensor, "b blocks channels"]]:
    """Return what every block's channels are multiplied by, and what is added, on the landscapes `k`."""
    table = embedding.table()
    steering = torch.stack([block.get_submodule("film")(table) for block in blocks], 1)
    gain, bias = torch.einsum("bk,kic->bic", embedding.one_hot(k, table), steering).chunk(2, dim=2)
    return 1 + gain, bias


def grid_of(shape: Shape, name: str) -> tuple[int, int]:
    """Return the channels of a cell of problems and of answers; a `ConfigurationError` if they lie on no one grid."""
    if len(shape.x) != 3 or len(shape.y) != 3 or shape.x[:2] != shape.y[:2]:
        raise misfit(name, "problems and answers on one grid, (rows, columns, channels)", shape)
    return shape.x[2], shape.y[2]
