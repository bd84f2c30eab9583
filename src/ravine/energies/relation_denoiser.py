"""The graph network as a diffusion baseline: its output is the noise of every pair of nodes."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.denoiser import DenoiserConfig, OutputDenoiser
from ravine.energies.relation import Relation, RelationCondition, pairs_of, relation_from_released
from ravine.section import Count


class RelationDenoiser(OutputDenoiser[RelationCondition]):
    """The output of the network of `relation`, one number for each pair of nodes, before its squares are summed."""


class RelationDenoiserConfig(DenoiserConfig):
    """The network of relation, its output the predicted noise: no energy, a diffusion baseline."""

    name: Literal["relation-denoiser"] = "relation-denoiser"
    channels: Count = 32
    """Features of each node, pair and triple."""
    embedding_width: Count = 32
    """Entries of the landscape's embedding."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> RelationDenoiser:
        """Return the denoiser for problems of (n, n, inputs) and answers of (n, n)."""
        sizes = self.channels, self.embedding_width
        return RelationDenoiser(Relation(pairs_of(shape, self.name), diffusion.landscapes, generator, *sizes))


def relation_denoiser_from_released(tensors: Mapping[str, Tensor], landscapes: int = 10) -> RelationDenoiser:
    """Return the denoiser of `gnn-reverse` with released weights. Names and errors: as `relation_from_released`."""
    return RelationDenoiser(relation_from_released(tensors, landscapes))
