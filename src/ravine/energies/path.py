"""IRED's energy for plans: two layers over ordered pairs of nodes, each step of the plan by itself."""

from collections.abc import Mapping
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
from ravine.energies.released import EMBEDDING_NAMES, renamed
from ravine.energies.silu import silu
from ravine.section import Count

SINUSOIDS = 512
PATH_NAMES = {**EMBEDDING_NAMES, "block1.linear": "first", "block2.linear": "second", "fc": "leave"}
"""Released layer names and ours."""


@dataclass(frozen=True)
class PathCondition(Condition):
    """What the problem adds to both layers, by ordered pair of nodes, and the landscape's embedding."""

    first: Float[Tensor, "b n n hidden"]
    second: Float[Tensor, "b n n hidden"]
    embedding: Float[Tensor, "b width"]


class Path(Energy[PathCondition]):
    """E = sum over steps t and nodes i of w z_ti + bias, z after two layers over ordered pairs of nodes.

    A layer is z_ti = max_j silu(W [u_ti, u_tj, x_ij, x_ji] + b), u_t = [before, z_t, after], and the first z_ti is
    y_ti beside the embedding of the landscape. As released, `before` is z_t itself but 0 at the first step, and `after`
    z_t but 0 at the last: no step sees another, so that all the steps between are one function of x and a plan beyond
    its first move cannot be ordered. With `time_shift` they are z_(t-1) and z_(t+1), as the paper says. E is a plain
    sum, not bounded below. `x_channels`: entries of x per pair. The same weights fit every n and every number of steps.
    Source: the released code of Du et al. 2024, `gnn-conv-1d-v2`.
    """

    def __init__(
        self,
        x_channels: int,
        landscapes: int,
        generator: torch.Generator,
        hidden: int,
        embedding_width: int,
        time_shift: bool,
    ) -> None:
        super().__init__()
        self.time_shift = time_shift
        self.embedding = LandscapeEmbedding(landscapes, embedding_width, generator, SINUSOIDS)
        self.first = linear(6 * (1 + embedding_width) + 2 * x_channels, hidden, generator)
        self.second = linear(6 * hidden + 2 * x_channels, hidden, generator)
        self.leave = linear(hidden, 1, generator)

    def condition(self, x: Float[Tensor, "b n n channels"], k: Int[Tensor, " b"]) -> PathCondition:
        """Return the problem's share of both layers, and the landscapes' embeddings."""
        pairs = torch.cat([x, x.transpose(1, 2)], -1)
        first, second = (
            nn.functional.linear(pairs, layer.weight[:, -pairs.shape[-1] :], layer.bias)
            for layer in (self.first, self.second)
        )
        table = self.embedding.table()
        return PathCondition(first, second, self.embedding.one_hot(k, table) @ table)

    def energy(self, condition: PathCondition, y: Float[Tensor, "b steps n"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        output = self.output(condition, y)
        return (output if output.dtype == torch.float64 else output.float()).flatten(1).sum(1)

    def output(self, condition: PathCondition, y: Float[Tensor, "b steps n"]) -> Float[Tensor, "b steps n one"]:
        """Return the output of every step and node, whose sum is the energy."""
        embedding = condition.embedding[:, None, None].expand(*y.shape, -1)
        z = torch.cat([y[..., None], embedding], -1)
        z = self._over_pairs(self.first, condition.first, z)
        z = self._over_pairs(self.second, condition.second, z)
        output: Tensor = self.leave(z)
        return output

    def _over_pairs(
        self, layer: nn.Linear, pairs: Float[Tensor, "b n n hidden"], z: Float[Tensor, "b steps n channels"]
    ) -> Float[Tensor, "b steps n hidden"]:
        u = torch.cat([self._moved(z, 1), z, self._moved(z, -1)], -1)
        of_i, of_j = (u @ part.T for part in layer.weight[:, : 2 * u.shape[-1]].chunk(2, 1))
        return silu(of_i[:, :, :, None] + of_j[:, :, None] + pairs[:, None]).amax(3)

    def _moved(self, z: Float[Tensor, "b steps n channels"], by: int) -> Float[Tensor, "b steps n channels"]:
        """Return each step's neighbour in time, 0 where there is none; as released, the step itself in its place."""
        first, last = (slice(1), slice(1, None)) if by > 0 else (slice(-1, None), slice(-1))
        there = z.roll(by, 1) if self.time_shift else z
        parts = [torch.zeros_like(z[:, first]), there[:, last]]
        return torch.cat(parts if by > 0 else parts[::-1], 1)


class PathConfig(EnergyConfig):
    """IRED's energy for plans: 56 thousand weights at its released sizes, each step by itself unless `time_shift`."""

    name: Literal["path"] = "path"
    hidden: Count = 64
    """Hidden units per step and node."""
    embedding_width: Count = 32
    """Entries of the landscape's embedding."""
    time_shift: bool = False
    """Let a step see the one before and the one after, as the paper says; the released code does not."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> Path:
        """Return the energy for plans on graphs: x (n, n, channels), y (steps, n)."""
        sizes = self.hidden, self.embedding_width, self.time_shift
        return Path(graph_of(shape, self.name), diffusion.landscapes, generator, *sizes)


def graph_of(shape: Shape, name: str) -> int:
    """Return a graph's entries per pair of nodes; a `ConfigurationError` if problems and answers are no such plans."""
    if len(shape.x) != 3 or len(shape.y) != 2 or shape.x[:2] != (shape.y[1], shape.y[1]):
        raise misfit(name, "graphs (n, n, channels) and plans (steps, n)", shape)
    return shape.x[2]


def path_from_released(tensors: Mapping[str, Tensor], landscapes: int = 10) -> Path:
    """Return the energy with released weights, for plans (steps, n): the released y without its last axis of length 1.

    Names may carry any prefix, averaged weights are preferred; a `CheckpointError` names the first one that is missing.
    """
    weights = renamed(tensors, PATH_NAMES, "plan network")
    (hidden, inputs), width = weights["first.weight"].shape, weights["embedding.first.weight"].shape[0]
    path = Path((inputs - 6 * (1 + width)) // 2, landscapes, torch.Generator(), hidden, width, time_shift=False)
    path.load_state_dict(weights)
    return path
