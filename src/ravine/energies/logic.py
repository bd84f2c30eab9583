"""A relational layer: features of tuples of nodes learn from tuples of one node fewer, of as many, and of one more."""

from collections.abc import Sequence
from itertools import permutations
from math import factorial

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ravine.energies.initial import linear

Features = Sequence[Tensor | None]
"""By order o, what is known of every o-tuple of nodes, (b, n, ..n, channels) with o axes of nodes; None if nothing."""


class RelationalLayer(nn.Module):
    """Maps features of every order to new ones: f'_o = sigmoid(W_o permuted [expand f_(o-1), f_o, reduce f_(o+1)]).

    `expand` repeats along a new last axis of nodes. `reduce` takes the last axis away, over tuples of pairwise distinct
    nodes: the most of their values and 0, and the least of their values and 1, by turns channel by channel. `permuted`
    lays the o! orders of the axes side by side. Nothing says which node is which: the nodes may be renamed, and there
    may be any number of them. `inputs`, `outputs`: channels of order 0, 1, ...; 0 where an order is absent, which then
    has no weights and costs nothing. Source: the neural logic machine of Dong et al. 2019, as released with IRED.
    """

    def __init__(self, inputs: Sequence[int], outputs: Sequence[int], generator: torch.Generator) -> None:
        super().__init__()
        self.widths = [neighbours(inputs, order) for order in range(len(outputs))]
        self.orders = nn.ModuleDict(
            {
                str(order): linear(sum(self.widths[order]) * factorial(order), channels, generator)
                for order, channels in enumerate(outputs)
                if channels
            }
        )

    def forward(self, features: Features) -> list[Tensor | None]:
        """Return the new features, None for the orders that the layer has no outputs for."""
        outputs: list[Tensor | None] = [None] * len(self.widths)
        for name, layer in self.orders.items():
            assert isinstance(layer, nn.Linear)
            outputs[int(name)] = torch.sigmoid(self._before(int(name), features, layer))
        return outputs

    def _before(self, order: int, features: Features, layer: nn.Linear) -> Tensor:
        """Return what goes into the sigmoid.

        A part of the weights is applied before the part's features are repeated or permuted, not after: the same sums
        with n times fewer products where an order is expanded.
        """
        below, own, above = self.widths[order]
        shares = layer.weight.chunk(factorial(order), 1)
        total: Tensor = layer.bias
        for axes, share in zip(permutations(range(order)), shares, strict=True):
            of_below, of_own, of_above = torch.split(share, [below, own, above], 1)
            terms: list[Tensor] = []
            if below:
                terms.append(expanded(known(features[order - 1]) @ of_below.mT, features))
            if own:
                terms.append(known(features[order]) @ of_own.mT)
            if above:
                terms.append(reduced(known(features[order + 1])) @ of_above.mT)
            total = total + sum(terms[1:], terms[0]).permute(0, *(1 + axis for axis in axes), order + 1)
        return total


def neighbours(inputs: Sequence[int], order: int) -> tuple[int, int, int]:
    """Return how many channels an order hears from the one below, from itself, and from the one above."""
    below = inputs[order - 1] if order else 0
    own = inputs[order] if order < len(inputs) else 0
    return below, own, 2 * inputs[order + 1] if order + 1 < len(inputs) else 0


def known(features: Tensor | None) -> Tensor:
    """Return features that a layer was made for."""
    assert features is not None, "the layer was made for features of this order"
    return features


def expanded(features: Float[Tensor, "b *nodes channels"], every: Features) -> Float[Tensor, "b *nodes_n channels"]:
    """Return features repeated along a new last axis of nodes, as many as features of other orders have."""
    n = next(other.shape[1] for other in every if other is not None and other.dim() > 2)
    axis = features.dim() - 1
    return features.unsqueeze(axis).expand(*features.shape[:-1], n, features.shape[-1])


def reduced(features: Float[Tensor, "b *nodes n channels"]) -> Float[Tensor, "b *nodes channels_2"]:
    """Return the most and the least over the last axis of nodes, by turns, with tuples not distinct as 0 and as 1."""
    order = features.dim() - 2
    apart = distinct(order, features.shape[-2], features.device)[..., None]
    most = features.masked_fill(~apart, 0.0).amax(-2)
    least = features.masked_fill(~apart, 1.0).amin(-2)
    return torch.stack([most, least], -1).flatten(-2)


def distinct(order: int, n: int, device: torch.device) -> Bool[Tensor, "*nodes"]:
    """Return which tuples of `order` nodes are pairwise distinct, (n, ..n)."""
    apart = torch.ones((n,) * order, dtype=torch.bool, device=device)
    other = ~torch.eye(n, dtype=torch.bool, device=device)
    for first in range(order):
        for second in range(first + 1, order):
            shape = [n if axis in (first, second) else 1 for axis in range(order)]
            apart = apart & other.reshape(shape)
    return apart
