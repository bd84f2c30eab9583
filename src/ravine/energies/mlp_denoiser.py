"""The multilayer perceptron as a diffusion baseline: its output is the noise."""

from typing import Annotated, Literal

import torch
from pydantic import Field

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.denoiser import DenoiserConfig, OutputDenoiser
from ravine.energies.mlp import MLP, MLPCondition
from ravine.section import Count


class MLPDenoiser(OutputDenoiser[MLPCondition]):
    """The output of the network of `mlp`, one number for each entry of the answer, before its squares are summed."""


class MLPDenoiserConfig(DenoiserConfig):
    """The network of mlp, its output the predicted noise: no energy, a diffusion baseline."""

    name: Literal["mlp-denoiser"] = "mlp-denoiser"
    width: Count = 512
    """Units of each hidden layer."""
    embedding_width: Annotated[int, Field(ge=4, multiple_of=2)] = 128
    """Entries of the landscape's embedding."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> MLPDenoiser:
        """Return the denoiser for flattened problems and answers of any shape."""
        return MLPDenoiser(MLP(shape.x, shape.y, diffusion.landscapes, generator, self.width, self.embedding_width))
