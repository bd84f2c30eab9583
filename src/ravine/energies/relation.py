"""IRED's energy for graphs: a neural logic machine on pairs of nodes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, EnergyConfig
from ravine.energies.head import Head, energy_of, outputs_of
from ravine.energies.initial import linear
from ravine.energies.landscape import LandscapeEmbedding
from ravine.energies.misfit import misfit
from ravine.energies.released import EMBEDDING_NAMES, renamed
from ravine.section import Count

SINUSOIDS = 512
TRIPLE_AXES = ((0, 1), (0, 2), (1, 0), (2, 0), (1, 2), (2, 1))
"""Where the pair of a triple's feature lies among the axes of the triple, in the order of the released weights."""
RELEASED_NAMES = {
    **EMBEDDING_NAMES,
    "nlm.layers.0.logic.1.layer.0.mlp.0": "nodes",
    "nlm.layers.0.logic.2.layer.0.mlp.0": "pairs",
    "nlm.layers.0.logic.3.layer.0.mlp.0": "triples",
    "nlm.layers.1.logic.2.layer.0.mlp.0": "join",
    "fc_out": "leave",
}
"""Released layer names and ours. What cannot reach the output (the second layer's nodes and triples, 15,424 of 52,129
weights) has no name of ours and is left out."""


@dataclass(frozen=True)
class RelationCondition(Condition):
    """The problem `x` itself, and the embedding of the landscape."""

    x: Float[Tensor, "b n n inputs"]
    embedding: Float[Tensor, "b width"]


class Relation(Energy[RelationCondition]):
    """E = |output|^2, one output per pair of nodes, from two logic layers on f = [x, y, embedding of k] of each pair.

    The first layer makes features of nodes i (f_ij, the greatest and the least over j), of pairs (f_ij, f_ji), and of
    triples (f of every two of three nodes in order); the second makes features of pairs (i, j) from those of node i, of
    the pair, and of triples (i, j, m), the greatest and the least over m, in both orders of i and j. A layer is linear,
    then a sigmoid; equal nodes have no say in a greatest or least, and 0 and 1 always have. The same weights apply to
    any number of nodes, and E does not change if nodes are renamed. `head`: other ways from the output to E. Source:
    the released code of Du et al. 2024; the logic machine of Dong et al. 2019.
    """

    def __init__(
        self,
        inputs: int,
        landscapes: int,
        generator: torch.Generator,
        channels: int,
        embedding_width: int,
        head: Head = "norm",
    ) -> None:
        super().__init__()
        self.head = head
        entering = inputs + 1 + embedding_width
        self.embedding = LandscapeEmbedding(landscapes, embedding_width, generator, SINUSOIDS)
        self.nodes = linear(2 * entering, channels, generator)
        self.pairs = linear(2 * entering, channels, generator)
        self.triples = linear(len(TRIPLE_AXES) * entering, channels, generator)
        self.join = linear(8 * channels, channels, generator)
        outputs, bias = outputs_of(head, 1)
        self.leave = linear(channels, outputs, generator, bias)

    def condition(self, x: Float[Tensor, "b n n inputs"], k: Int[Tensor, " b"]) -> RelationCondition:
        """Return the problems and the embedding of `k`."""
        table = self.embedding.table()
        return RelationCondition(x, self.embedding.one_hot(k, table) @ table)

    def energy(self, condition: RelationCondition, y: Float[Tensor, "b n n"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return energy_of(self.head, self.output(condition, y))

    def output(self, condition: RelationCondition, y: Float[Tensor, "b n n"]) -> Float[Tensor, "b n n one"]:
        """Return the output of every pair of nodes, of which the head makes the energy."""
        n = y.shape[1]
        f = torch.cat([condition.x, y[..., None], condition.embedding[:, None, None].expand(-1, n, n, -1)], -1)
        itself = torch.eye(n, dtype=torch.bool, device=y.device)
        nodes = self.nodes(extremes(f, itself)).sigmoid()
        pairs = self.pairs(both_ways(f)).sigmoid()
        triples = extremes(self._triples(f), itself[:, :, None] | itself[:, None] | itself[None])
        joined = torch.cat([nodes[:, :, None].expand(-1, -1, n, -1), pairs, triples], -1)
        output: Tensor = self.leave(self.join(both_ways(joined)).sigmoid())
        return output

    def _triples(self, f: Float[Tensor, "b n n channels"]) -> Float[Tensor, "b n n n features"]:
        """Return the features of triples; each of the six parts is computed on pairs."""
        weights = self.triples.weight.chunk(len(TRIPLE_AXES), 1)
        before: Tensor = self.triples.bias
        for axes, weight in zip(TRIPLE_AXES, weights, strict=True):
            part = f @ weight.T
            before = before + (part if axes[0] < axes[1] else part.transpose(1, 2)).unsqueeze(1 + missing(axes))
        return before.sigmoid()


def missing(axes: tuple[int, int]) -> int:
    """Return which of three axes is not among two."""
    return 3 - sum(axes)


def extremes(features: Float[Tensor, "b *nodes n c"], equal: Tensor) -> Float[Tensor, "b *nodes both"]:
    """Return the greatest and the least over the last node axis, channel by channel next to one another.

    Where nodes are `equal` 0 stands in for the greatest and 1 for the least.
    """
    greatest = features.masked_fill(equal[..., None], 0).amax(-2)
    least = features.masked_fill(equal[..., None], 1).amin(-2)
    return torch.stack([greatest, least], -1).flatten(-2)


def both_ways(features: Float[Tensor, "b n n c"]) -> Float[Tensor, "b n n both"]:
    """Return the features of (i, j), then those of (j, i)."""
    return torch.cat([features, features.transpose(1, 2)], -1)


def relation_from_released(tensors: Mapping[str, Tensor], landscapes: int = 10) -> Relation:
    """Return the relation energy with released weights; names may carry any prefix, averaged weights are preferred.

    What is released and never computed with is accepted. A `CheckpointError` names the first parameter that is missing.
    """
    weights = renamed(tensors, RELEASED_NAMES, "relation network")
    channels, embedding = weights["pairs.weight"].shape[0], weights["embedding.first.weight"].shape[0]
    inputs = weights["pairs.weight"].shape[1] // 2 - 1 - embedding
    relation = Relation(inputs, landscapes, torch.Generator(), channels, embedding)
    relation.load_state_dict(weights)
    return relation


class RelationConfig(EnergyConfig):
    """IRED's energy for graphs, a logic machine on pairs of nodes; it fits any number of nodes."""

    name: Literal["relation"] = "relation"
    channels: Count = 32
    """Features of each node, pair and triple."""
    embedding_width: Count = 32
    """Entries of the landscape's embedding."""
    head: Head = "norm"
    """How the outputs become an energy: their squared norm, one learned number a pair, summed, or their mean square."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> Relation:
        """Return the energy for problems of (n, n, inputs) and answers of (n, n)."""
        sizes = self.channels, self.embedding_width, self.head
        return Relation(pairs_of(shape, self.name), diffusion.landscapes, generator, *sizes)


def pairs_of(shape: Shape, name: str) -> int:
    """Return the entries that a problem has for a pair of nodes; a `ConfigurationError` if it is not made of pairs."""
    if len(shape.x) != 3 or len(shape.y) != 2 or shape.x[:2] != shape.y or shape.y[0] != shape.y[1]:
        raise misfit(name, "problems of (n, n, inputs) and answers of (n, n)", shape)
    return shape.x[2]
