"""The plan network as a diffusion baseline: its output is the noise of every step and node."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.denoiser import DenoiserConfig, OutputDenoiser
from ravine.energies.path import Path, PathCondition, graph_of, path_from_released
from ravine.section import Count


class PathDenoiser(OutputDenoiser[PathCondition]):
    """The output of the network of `path`, one number for each step and node, before they are summed."""


class PathDenoiserConfig(DenoiserConfig):
    """The network of path, its output the predicted noise: no energy, a diffusion baseline."""

    name: Literal["path-denoiser"] = "path-denoiser"
    hidden: Count = 64
    """Hidden units per step and node."""
    embedding_width: Count = 32
    """Entries of the landscape's embedding."""
    time_shift: bool = False
    """Let a step see the one before and the one after, as the paper says; the released code does not."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> PathDenoiser:
        """Return the denoiser for plans on graphs: x (n, n, channels), y (steps, n)."""
        sizes = self.hidden, self.embedding_width, self.time_shift
        return PathDenoiser(Path(graph_of(shape, self.name), diffusion.landscapes, generator, *sizes))


def path_denoiser_from_released(tensors: Mapping[str, Tensor], landscapes: int = 10) -> PathDenoiser:
    """Return the denoiser of `gnn-conv-1d-v2-reverse` with released weights. Names, errors: as `path_from_released`."""
    return PathDenoiser(path_from_released(tensors, landscapes))
