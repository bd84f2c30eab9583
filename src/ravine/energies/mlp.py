"""IRED's energy for continuous tasks: a multilayer perceptron on [x, y], steered by the landscape."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ravine.energies.base import Condition, Energy, EnergyAndGradient
from ravine.energies.initial import linear
from ravine.energies.landscape import LandscapeEmbedding


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
    """The hidden layers at a point: values, and the slopes that a gradient through them needs."""

    slope1: Tensor
    slope2: Tensor
    slope3: Tensor
    output: Float[Tensor, "b outputs"]


class MLP(Energy[MLPCondition]):
    """E = |W4 h3 + b4|^2 over three SiLU layers, the last two with gain and bias from the landscape.

    h1 = silu(W1 [x, y] + b1); h_i = silu((W_i h_(i-1) + b_i)(1 + gain_i(k)) + bias_i(k)) for i = 2, 3. Problems and
    answers of any shape are flattened. `x_shape`, `y_shape`: of one problem and one answer. Source: the released
    code of Du et al. 2024.
    """

    def __init__(
        self,
        x_shape: tuple[int, ...],
        y_shape: tuple[int, ...],
        landscapes: int,
        generator: torch.Generator,
        width: int = 512,
        embedding_width: int = 128,
    ) -> None:
        super().__init__()
        self.x_size, y_size = math.prod(x_shape), math.prod(y_shape)
        self.embedding = LandscapeEmbedding(landscapes, embedding_width, generator)
        self.fc1 = linear(self.x_size + y_size, width, generator)
        self.fc2 = linear(width, width, generator)
        self.fc3 = linear(width, width, generator)
        self.fc4 = linear(width, y_size, generator)
        self.steer2 = linear(embedding_width, 2 * width, generator)
        self.steer3 = linear(embedding_width, 2 * width, generator)

    def condition(self, x: Float[Tensor, "b *problem"], k: Int[Tensor, " b"]) -> MLPCondition:
        """Return the first layer's share of `x` and the gains and biases of `k`."""
        first = nn.functional.linear(x.flatten(1), self.fc1.weight[:, : self.x_size], self.fc1.bias)
        embedding = self.embedding.table()
        pick = self.embedding.one_hot(k, embedding)
        gain2, bias2 = (pick @ self.steer2(embedding)).chunk(2, dim=1)
        gain3, bias3 = (pick @ self.steer3(embedding)).chunk(2, dim=1)
        return MLPCondition(first, 1 + gain2, bias2, 1 + gain3, bias3)

    def energy(self, condition: MLPCondition, y: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return squared_norm(self._layers(condition, y).output)

    def energy_and_gradient(self, condition: MLPCondition, y: Float[Tensor, "b *answer"]) -> EnergyAndGradient:
        """Return energies and gradients in closed form: the chain rule written out as forward operations."""
        layers = self._layers(condition, y)
        back = (2 * layers.output) @ self.fc4.weight
        back = (back * (layers.slope3 * condition.gain3)) @ self.fc3.weight
        back = (back * (layers.slope2 * condition.gain2)) @ self.fc2.weight
        gradient = (back * layers.slope1) @ self._answer_weight()
        return EnergyAndGradient(squared_norm(layers.output), gradient.reshape(y.shape).to(y.dtype))

    def _answer_weight(self) -> Tensor:
        return self.fc1.weight[:, self.x_size :]

    def _layers(self, condition: MLPCondition, y: Tensor) -> Layers:
        h1, slope1 = silu_and_slope(condition.first + nn.functional.linear(y.flatten(1), self._answer_weight()))
        h2, slope2 = silu_and_slope(torch.addcmul(condition.bias2, self.fc2(h1), condition.gain2))
        h3, slope3 = silu_and_slope(torch.addcmul(condition.bias3, self.fc3(h2), condition.gain3))
        return Layers(slope1, slope2, slope3, self.fc4(h3))


def silu_and_slope(a: Tensor) -> tuple[Tensor, Tensor]:
    """Return silu(a) = a s and its derivative s + a s (1 - s), with s = sigmoid(a)."""
    s = torch.sigmoid(a)
    h = a * s
    return h, torch.addcmul(s, h, 1 - s)


def squared_norm(output: Float[Tensor, "b outputs"]) -> Float[Tensor, " b"]:
    """Return |output|^2 per row, summed in float32 at least."""
    wide = output if output.dtype == torch.float64 else output.float()
    return wide.square().sum(dim=1)
