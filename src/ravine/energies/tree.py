"""An energy of signs that a string decides: a learned step combines entries two by two, up a balanced tree."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, EnergyConfig
from ravine.energies.initial import normal
from ravine.energies.likelihood import signs_energy, signs_surprise
from ravine.errors import ConfigurationError
from ravine.section import Count, NotNegative

FILL = -1.0
FLOOR = 1e-6
"""Added to a mean square before its root is divided by."""


@dataclass(frozen=True)
class TreeCondition(Condition):
    """What the string says of each sign, log-odds (b, signs); `signal` and `sigma`: s and sigma, (b,)."""

    logits: Float[Tensor, "b signs"]
    signal: Float[Tensor, " b"]
    sigma: Float[Tensor, " b"]


class Tree(Energy[TreeCondition]):
    """E = sum_j y_j^2 / (2 sigma) - sigma log [q_j exp(s y_j / sigma^2) + (1 - q_j) exp(-s y_j / sigma^2)].

    That is -sigma log p(y | x) of signs y that are +1 with probability q_j = sigmoid(r_j . h), h the root of a tree:

        h_i = unit(w x_i + c);   h = unit((A h_left + a) * (B h_right + b))

    `unit` divides by the root mean square over the `channels`. The same step combines every two neighbours on every
    level. A string of any length is filled up to a power of two with -1, bits that are 0: what is learned on strings of
    one even length would otherwise say nothing of odd ones, where a product of x and one of -x differ. The step is
    learned from whole strings and their signs alone. A product of L factors w x + c has a share (w^2 / (w^2 + c^2))^L
    in the product of the x, so that `bias`, the initial scale of a, b, c and of A and B beside the identity, decides
    whether long products can be found at all.
    """

    def __init__(
        self, signs: int, signal: Float[Tensor, " K"], generator: torch.Generator, channels: int, bias: float
    ) -> None:
        super().__init__()
        self.register_buffer("signal", signal.clone(), persistent=False)
        self.entry = normal((channels,), 1.0, generator)
        self.entry_bias = normal((channels,), bias, generator)
        self.sides = normal((2, channels, channels), bias * channels**-0.5, generator)
        self.side_biases = normal((2, channels), bias, generator)
        self.read = normal((channels, signs), channels**-0.5, generator)
        with torch.no_grad():
            self.sides.add_(torch.eye(channels))

    def condition(self, x: Float[Tensor, "b length"], k: Int[Tensor, " b"]) -> TreeCondition:
        """Return what the strings `x` say, and the scales of their landscapes."""
        filled = nn.functional.pad(x, (0, leaves(x.shape[1]) - x.shape[1]), value=FILL)
        h = unit(filled[..., None] * self.entry + self.entry_bias)
        while h.shape[1] > 1:
            h = self._combined(h[:, ::2], h[:, 1::2])
        s = self.get_buffer("signal")[k].to(x.dtype)
        return TreeCondition(h[:, 0] @ self.read, s, (1 - s.square()).sqrt())

    def _combined(self, left: Float[Tensor, "b pairs c"], right: Float[Tensor, "b pairs c"]) -> Tensor:
        first, second = (
            side @ weights + biases
            for side, weights, biases in zip((left, right), self.sides, self.side_biases, strict=True)
        )
        return unit(first * second)

    def energy(self, condition: TreeCondition, y: Float[Tensor, "b signs"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return signs_energy(condition.logits, y, condition.signal, condition.sigma)[0].sum(1)

    def energy_and_surprise(
        self, condition: TreeCondition, y: Float[Tensor, "b signs"], right: Float[Tensor, "b signs"]
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, "b signs"]]:
        """Return the energies of the points `y`, (b,), and -ln p(right sign | y, x) of every sign, (b, signs)."""
        energy, log_odds = signs_energy(condition.logits, y, condition.signal, condition.sigma)
        return energy.sum(1), signs_surprise(log_odds, right)


class TreeConfig(EnergyConfig):
    """An energy of signs that combines a string's entries two by two; it fits strings of every length."""

    name: Literal["tree"] = "tree"
    channels: Count = 16
    """Numbers by which a part of the string is known."""
    bias: NotNegative = 0.25
    """Initial scale of what is added to factors; the larger, the shorter the products that training can find."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> Tree:
        """Return the energy for strings and signs, each a vector."""
        if len(shape.x) != 1 or len(shape.y) != 1:
            raise ConfigurationError(
                f"energy.name: tree needs a string (length,) and signs (m,), not {shape.x} and {shape.y}; "
                "task parity has them"
            )
        return Tree(shape.y[0], diffusion.signal.cpu(), generator, self.channels, self.bias)


def leaves(length: int) -> int:
    """Return the least power of two that is `length` at least, and 2 at least."""
    return int(2 ** max(1, (length - 1).bit_length()))


def unit(h: Float[Tensor, "*shape channels"]) -> Float[Tensor, "*shape channels"]:
    """Return vectors divided by the root mean square of their entries."""
    return h * (h.square().mean(-1, keepdim=True) + FLOOR).rsqrt()
