"""IRED's energy for continuous tasks: a multilayer perceptron on [x, y], steered by the landscape."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, EnergyAndGradient, EnergyConfig
from ravine.energies.head import Head, energy_of, outputs_of, slope_of
from ravine.energies.initial import linear
from ravine.energies.landscape import LandscapeEmbedding
from ravine.energies.silu import slope
from ravine.section import Count


@dataclass(frozen=True)
class MLPCondition(Condition):
    """The problem's part of the first layer and the landscape's gains and biases, each (b, width)."""

    first: Float[Tensor, "b width"]
    gain2: Float[Tensor, "b width"]
    bias2: Float[Tensor, "b width"]
    gain3: Float[Tensor, "b width"]
    bias3: Float[Tensor, "b width"]


@dataclass(frozen=True)
class Layers:
    """The hidden layers before their activations, which the way back needs, and the output, (b, outputs)."""

    a1: Tensor
    a2: Tensor
    a3: Tensor
    output: Float[Tensor, "b outputs"]


class MLP(Energy[MLPCondition]):
    """E = |W4 h3 + b4|^2 over three SiLU layers, the last two with gain and bias from the landscape.

    h1 = silu(W1 [x, y] + b1); h_i = silu((W_i h_(i-1) + b_i)(1 + gain_i(k)) + bias_i(k)) for i = 2, 3. Problems and
    answers of any shape are flattened. `x_shape`, `y_shape`: of one problem and one answer; `head`: other ways from the
    output to E (`ravine.energies.head`). Source: the released code of Du et al. 2024.
    """

    gains_by_compiling = True

    def __init__(
        self,
        x_shape: tuple[int, ...],
        y_shape: tuple[int, ...],
        landscapes: int,
        generator: torch.Generator,
        width: int,
        embedding_width: int,
        head: Head = "norm",
    ) -> None:
        super().__init__()
        self.head = head
        self.x_size, y_size = math.prod(x_shape), math.prod(y_shape)
        self.embedding = LandscapeEmbedding(landscapes, embedding_width, generator)
        self.fc1 = linear(self.x_size + y_size, width, generator)
        self.fc2 = linear(width, width, generator)
        self.fc3 = linear(width, width, generator)
        outputs, bias = outputs_of(head, y_size)
        self.fc4 = linear(width, outputs, generator, bias)
        self.film2 = linear(embedding_width, 2 * width, generator)
        self.film3 = linear(embedding_width, 2 * width, generator)

    def condition(self, x: Float[Tensor, "b *problem"], k: Int[Tensor, " b"]) -> MLPCondition:
        """Return the first layer's share of `x` and the gains and biases of `k`."""
        first = nn.functional.linear(x.flatten(1), self.fc1.weight[:, : self.x_size], self.fc1.bias)
        embedding = self.embedding.table()
        pick = self.embedding.one_hot(k, embedding)
        gain2, bias2 = self.film2(embedding).chunk(2, dim=1)
        gain3, bias3 = self.film3(embedding).chunk(2, dim=1)
        return MLPCondition(first, pick @ (1 + gain2), pick @ bias2, pick @ (1 + gain3), pick @ bias3)

    def energy(self, condition: MLPCondition, y: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return energy_of(self.head, self._layers(condition, y).output)

    def energy_and_gradient(self, condition: MLPCondition, y: Float[Tensor, "b *answer"]) -> EnergyAndGradient:
        """Return energies and gradients in closed form: the chain rule written out as forward operations."""
        layers = self._layers(condition, y)
        back = slope_of(self.head, layers.output) @ self.fc4.weight
        back = (slope(back, layers.a3) * condition.gain3) @ self.fc3.weight
        back = (slope(back, layers.a2) * condition.gain2) @ self.fc2.weight
        gradient = slope(back, layers.a1) @ self._answer_weight()
        return EnergyAndGradient(energy_of(self.head, layers.output), gradient.reshape(y.shape).to(y.dtype))

    def output(self, condition: MLPCondition, y: Float[Tensor, "b *answer"]) -> Float[Tensor, "b outputs"]:
        """Return the last layer's output at the points `y`, of which the head makes the energy."""
        return self._layers(condition, y).output

    def _answer_weight(self) -> Tensor:
        return self.fc1.weight[:, self.x_size :]

    def _layers(self, condition: MLPCondition, y: Tensor) -> Layers:
        a1 = condition.first + nn.functional.linear(y.flatten(1), self._answer_weight())
        a2 = torch.addcmul(condition.bias2, self.fc2(nn.functional.silu(a1)), condition.gain2)
        a3 = torch.addcmul(condition.bias3, self.fc3(nn.functional.silu(a2)), condition.gain3)
        return Layers(a1, a2, a3, self.fc4(nn.functional.silu(a3)))


class MLPConfig(EnergyConfig):
    """IRED's energy for continuous tasks."""

    name: Literal["mlp"] = "mlp"
    width: Count = 512
    """Units of each hidden layer."""
    embedding_width: Annotated[int, Field(ge=4, multiple_of=2)] = 128
    """Entries of the landscape's embedding."""
    head: Head = "norm"
    """How the output becomes an energy: its squared norm, one learned number, or the mean square of its entries."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> MLP:
        """Return the energy for flattened problems and answers of any shape."""
        return MLP(shape.x, shape.y, diffusion.landscapes, generator, self.width, self.embedding_width, self.head)
