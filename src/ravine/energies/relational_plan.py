"""IRED's energy for plans whose states are relations between nodes, with one number a problem."""

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


@dataclass(frozen=True)
class RelationalPlanCondition(Condition):
    """The problems `x`, (b, n, n, channels), and their landscapes' embeddings, (b, width)."""

    x: Float[Tensor, "b n n channels"]
    landscape: Float[Tensor, "b width"]


class RelationalPlan(Energy[RelationalPlanCondition]):
    """E = sum over steps and pairs of nodes of a number that blocks in time read from [x, y, k] (`TimedBlock`).

    Relational layers of orders 0 to 3 on every step, pairs of nodes left. Unbounded below. The released network,
    `gnn-conv`, sums over steps and rows alone, so that a problem has an energy for every column, of which training and
    solving use the first; its numbers are `per_pair` summed over steps and rows. Source: the released code of Du et al.
    2024.
    """

    def __init__(
        self,
        channels: tuple[int, int],
        landscapes: int,
        generator: torch.Generator,
        hidden: int,
        blocks: int,
        embedding_width: int,
    ) -> None:
        super().__init__()
        self.embedding = LandscapeEmbedding(landscapes, embedding_width, generator, SINUSOIDS)
        entering = [sum(channels) + embedding_width, *[hidden] * (blocks - 1)]
        between, after = (0, hidden, hidden, hidden), (0, 0, hidden, 0)
        self.blocks = nn.ModuleList(TimedBlock(((0, 0, c, 0), between, after), generator) for c in entering)
        self.leave = linear(hidden, 1, generator)

    def condition(self, x: Float[Tensor, "b n n channels"], k: Int[Tensor, " b"]) -> RelationalPlanCondition:
        """Return the problems and the embeddings of their landscapes."""
        return RelationalPlanCondition(x, self.embedding.one_hot(k, x) @ self.embedding.table())

    def energy(
        self, condition: RelationalPlanCondition, y: Float[Tensor, "b steps n n channels"]
    ) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return self.per_pair(condition, y).flatten(1).sum(1)

    def per_pair(
        self, condition: RelationalPlanCondition, y: Float[Tensor, "b steps n n channels"]
    ) -> Float[Tensor, "b steps n n"]:
        """Return the numbers whose sum is the energy."""
        steps, pairs = y.shape[1], y.shape[:-1]
        landscape = condition.landscape[:, None, None, None].expand(*pairs, -1)
        h = torch.cat([condition.x[:, None].expand(*pairs, -1), y, landscape], -1)
        for block in self.blocks:
            h = block((None, None, h.flatten(0, 1), None), steps)
        numbers: Tensor = self.leave(h)
        return numbers[..., 0]


class RelationalPlanConfig(EnergyConfig):
    """IRED's energy for plans over pairs of nodes (gnn-conv), with one energy a problem."""

    name: Literal["relational-plan"] = "relational-plan"
    hidden: Count = 32
    """Channels of every order."""
    blocks: Count = 3
    """Blocks of two relational layers and a convolution over steps."""
    embedding_width: Count = 32
    """Entries of the landscape's embedding."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> RelationalPlan:
        """Return the energy for problems (n, n, c) and answers (steps, n, n, d)."""
        if len(shape.x) != 3 or len(shape.y) != 4 or not shape.x[0] == shape.x[1] == shape.y[1] == shape.y[2]:
            raise misfit(self.name, "problems (n, n, channels) and answers (steps, n, n, channels)", shape, "")
        sizes = self.hidden, self.blocks, self.embedding_width
        return RelationalPlan((shape.x[2], shape.y[3]), diffusion.landscapes, generator, *sizes)
