"""Functions of a problem's matrices, by layers that multiply matrices."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ravine.energies.initial import normal


class Tower(nn.Module):
    """Z_(l+1) = Z_l + B_l ((P_l Z_l) (Q_l Z_l)), Z_0 a mixture of the inputs: (c, b, n, n) to (channels, b, n, n).

    P, Q and B mix channels; the two mixtures are multiplied as matrices, product by product, the last `entrywise` of
    them entry by entry. B starts at zero. `tied` layers share one set of weights. Channels come first in memory: mixing
    is then one matrix product over all problems, and nothing is permuted.
    """

    def __init__(
        self,
        inputs: int,
        generator: torch.Generator,
        channels: int,
        layers: int,
        products: int,
        entrywise: int = 0,
        tied: bool = False,
    ) -> None:
        super().__init__()
        self.layers, self.products, self.entrywise = layers, products, entrywise
        own = 1 if tied else layers
        self.enter = normal((channels, inputs), 1 / math.sqrt(inputs), generator)
        spread = 1 / math.sqrt(channels)
        self.factors = nn.ParameterList(normal((2 * products, channels), spread, generator) for _ in range(own))
        self.back = nn.ParameterList(nn.Parameter(torch.zeros(channels, products)) for _ in range(own))

    def forward(self, inputs: Float[Tensor, "c b n n"]) -> Float[Tensor, "channels b n n"]:
        """Return the channels after the last layer."""
        z = mix(self.enter, inputs)
        for layer in range(self.layers):
            own = layer % len(self.back)
            left, right = (mix(weight, z) for weight in self.factors[own].chunk(2))
            product = self._multiply(left, right)
            z = torch.addmm(z.flatten(1), self.back[own], product.flatten(1)).reshape(z.shape)
        return z

    def _multiply(self, left: Tensor, right: Tensor) -> Tensor:
        if not self.entrywise:
            return left @ right
        matrices = self.products - self.entrywise
        return torch.cat([left[:matrices] @ right[:matrices], left[matrices:] * right[matrices:]])


def mix(weight: Float[Tensor, "d c"], channels: Float[Tensor, "c b n n"]) -> Float[Tensor, "d b n n"]:
    """Return mixtures of the channels, the same for all problems."""
    return (weight @ channels.flatten(1)).reshape(-1, *channels.shape[1:])
