"""The multilayer perceptron as a diffusion baseline: its output is the noise."""

from typing import Annotated, Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.denoiser import Denoiser, DenoiserConfig
from ravine.energies.mlp import MLP, MLPCondition
from ravine.section import Count


class MLPDenoiser(Denoiser[MLPCondition]):
    """The output of the network of `mlp`, one number for each entry of the answer, before its squares are summed."""

    def __init__(self, network: MLP) -> None:
        super().__init__()
        self.network = network

    def condition(self, x: Float[Tensor, "b *problem"], k: Int[Tensor, " b"]) -> MLPCondition:
        """Return the first layer's share of `x` and the gains and biases of `k`."""
        return self.network.condition(x, k)

    def noise(self, condition: MLPCondition, y: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return the predicted noise."""
        return self.network.output(condition, y).reshape(y.shape).to(y.dtype)


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
