"""The exponential moving average of the weights: the model that is evaluated."""

import copy
from dataclasses import dataclass
from typing import Any

import torch

from ravine.energies.base import Energy


@dataclass(frozen=True)
class AverageRule:
    """The average copies the weights for `every` - 1 steps; then it moves towards them every `every` by 1 - decay.

    Early on the decay is (1 + u) / (10 + u) at the u-th of these updates if that is less, so that a short run does not
    average its start.
    """

    decay: float = 0.995
    every: int = 10

    def due(self, step: int) -> bool:
        """Return whether the average moves after `step` optimiser steps."""
        return step < self.every or step % self.every == 0

    def decay_after(self, step: int) -> float:
        """Return the decay of the update after `step` optimiser steps."""
        updates = step // self.every
        return min(self.decay, (1 + updates) / (10 + updates)) if updates else 0.0


def averaged_copy(energy: Energy[Any]) -> Energy[Any]:
    """Return a copy of `energy` that takes no gradients."""
    average = copy.deepcopy(energy)
    average.requires_grad_(False)
    average.eval()
    return average


@torch.no_grad()
def move_average(average: Energy[Any], energy: Energy[Any], decay: float) -> None:
    """Move the weights of `average` towards those of `energy` by 1 - decay, and copy the buffers."""
    torch._foreach_lerp_(list(average.parameters()), [p.detach() for p in energy.parameters()], 1 - decay)
    for ours, theirs in zip(average.buffers(), energy.buffers(), strict=True):
        ours.copy_(theirs)
