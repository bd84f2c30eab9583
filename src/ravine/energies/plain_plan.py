"""IRED's energy for plans whose states are values at nodes."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, EnergyConfig
from ravine.energies.initial import linear
from ravine.energies.landscape import LandscapeEmbedding
from ravine.energies.misfit import misfit
from ravine.energies.timed import TimedBlock
from ravine.section import Count

SINUSOIDS = 512
COMPARED = 1
"""The channel by which a block compares nodes: the first of the point in the first block, a hidden one later."""
INDICATORS = 3


@dataclass(frozen=True)
class PlainPlanCondition(Condition):
    """The problems `x`, (b, n, 1), and their landscapes' embeddings, (b, width)."""

    x: Float[Tensor, "b n one"]
    landscape: Float[Tensor, "b width"]


class PlainPlan(Energy[PlainPlanCondition]):
    """E = sum over steps and nodes of a number that blocks in time read from [x, y, k] (`TimedBlock`).

    Relational layers of orders 0 to 2 on every step. Nodes are compared by their places and by one channel of what a
    block is given, and no gradient goes through comparing: E jumps where two of the compared numbers cross. Unbounded
    below. Source: the released code of Du et al. 2024, `gnn-conv-1d`.
    """

    def __init__(
        self, channels: int, landscapes: int, generator: torch.Generator, hidden: int, blocks: int, embedding_width: int
    ) -> None:
        super().__init__()
        self.embedding = LandscapeEmbedding(landscapes, embedding_width, generator, SINUSOIDS)
        entering = [1 + channels + embedding_width, *[hidden] * (blocks - 1)]
        between, after = (hidden, hidden, hidden), (0, hidden, 0)
        self.blocks = nn.ModuleList(TimedBlock(((0, c, INDICATORS), between, after), generator) for c in entering)
        self.leave = linear(hidden, 1, generator)

    def condition(self, x: Float[Tensor, "b n one"], k: Int[Tensor, " b"]) -> PlainPlanCondition:
        """Return the problems and the embeddings of their landscapes."""
        return PlainPlanCondition(x, self.embedding.one_hot(k, x) @ self.embedding.table())

    def energy(self, condition: PlainPlanCondition, y: Float[Tensor, "b steps n channels"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        steps, nodes = y.shape[1], y.shape[:-1]
        landscape = condition.landscape[:, None, None].expand(*nodes, -1)
        h = torch.cat([condition.x[:, None].expand(*nodes, -1), y, landscape], -1)
        for block in self.blocks:
            rows = h.flatten(0, 1)
            h = block((None, rows, indicators(rows[..., COMPARED])), steps)
        numbers: Tensor = self.leave(h)
        return numbers.flatten(1).sum(1)


class PlainPlanConfig(EnergyConfig):
    """IRED's energy for plans over values at nodes (gnn-conv-1d)."""

    name: Literal["plain-plan"] = "plain-plan"
    hidden: Count = 32
    """Channels of every order."""
    blocks: Count = 2
    """Blocks of two relational layers and a convolution over steps."""
    embedding_width: Count = 32
    """Entries of the landscape's embedding."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> PlainPlan:
        """Return the energy for problems (n, 1) and answers (steps, n, channels)."""
        if len(shape.x) != 2 or shape.x[1] != 1 or len(shape.y) != 3 or shape.y[1] != shape.x[0]:
            raise misfit(self.name, "problems (n, 1) and answers (steps, n, channels)", shape, "")
        sizes = self.hidden, self.blocks, self.embedding_width
        return PlainPlan(shape.y[2], diffusion.landscapes, generator, *sizes)


def indicators(values: Float[Tensor, "b n"]) -> Float[Tensor, "b n n three"]:
    """Return 1 at [i, j] where i < j, where i = j, and where value i < value j, else 0."""
    place = torch.arange(values.shape[1], device=values.device)
    before, same = (compared(place[:, None], place).expand(len(values), -1, -1) for compared in (torch.lt, torch.eq))
    return torch.stack([before, same, values[:, :, None] < values[:, None]], -1).to(values.dtype)
