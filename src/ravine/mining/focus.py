"""Which problems are drawn: those that the energy denoises badly, more often than others."""

from typing import Annotated

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from ravine.section import Positive, Proportion, Section


class Focus(Section):
    """Problems of high denoising loss are drawn more often: from a pool, with chances proportional to loss^power.

    Each weighs (mean loss^power of the pool / its own loss^power)^correction in the denoising loss: with correction = 1
    the expected loss is that of plain training, with 0 all that are drawn weigh alike. Source: importance sampling of
    training examples (Katharopoulos and Fleuret 2018, equations 4 and 5).
    """

    pool: Annotated[int, Field(ge=2)] = 4
    """Problems, each with landscape and noise, that are evaluated for each one that is kept."""
    power: Positive = 1.0
    """Of the loss, in the chances."""
    correction: Proportion = 1.0
    """Power of the weights that undo the chances."""

    def choose(
        self, losses: Float[Tensor, " pool"], size: int, generator: torch.Generator
    ) -> tuple[Int[Tensor, " b"], Float[Tensor, " b"]]:
        """Return which `size` of a pool are drawn, with replacement, and how they weigh, both (size,).

        Losses that are not finite make the weights so, by which the step is refused.
        """
        chances = losses**self.power
        sums = chances.cumsum(0)
        where = torch.rand(size, generator=generator, device=losses.device, dtype=losses.dtype) * sums[-1]
        index = torch.searchsorted(sums, where, right=True).clamp(max=len(losses) - 1)
        return index, (chances.mean() / chances[index]) ** self.correction
