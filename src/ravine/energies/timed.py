"""Released plan networks' block: relational layers on every step alone, then steps hear those next to them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ravine.energies.initial import uniform
from ravine.energies.logic import Features, RelationalLayer

TAPS = 3


class TimedBlock(nn.Module):
    """silu(conv_t silu(f)), f the features of one order that two relational layers make of every step.

    `widths`: channels of every order before, between and after the two layers, where one order alone is left; the
    convolution takes each step and its two neighbours, 0 beyond the ends.
    """

    def __init__(self, widths: Sequence[Sequence[int]], generator: torch.Generator) -> None:
        super().__init__()
        before, between, after = widths
        self.layers = nn.ModuleList(
            [RelationalLayer(before, between, generator), RelationalLayer(between, after, generator)]
        )
        channels = max(after)
        self.order = list(after).index(channels)
        self.conv = nn.Conv1d(channels, channels, TAPS, padding=1, device="meta")
        bound = (channels * TAPS) ** -0.5
        self.conv.weight = uniform((channels, channels, TAPS), bound, generator)
        self.conv.bias = uniform((channels,), bound, generator)

    def forward(self, features: Features, steps: int) -> Float[Tensor, "b steps *nodes channels"]:
        """Return the new features for those of the steps as rows, (b * steps, *nodes, channels)."""
        for layer in self.layers:
            features = layer(features)
        made = features[self.order]
        assert made is not None, "the second layer makes features of this order"
        by_step = nn.functional.silu(made).reshape(-1, steps, *made.shape[1:])
        rows = by_step.movedim(1, -1).flatten(1, -3).flatten(0, 1)
        heard = nn.functional.silu(self.conv(rows))
        return heard.reshape(*by_step.shape[:1], *by_step.shape[2:], steps).movedim(-1, 1)
