"""What an arm's mined points are used for."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ravine.batch import per_problem
from ravine.mining.context import MiningContext


@dataclass(frozen=True)
class Examples:
    """Points to denoise from and the noise that would have led there from the right answers, both as answers are."""

    points: Float[Tensor, "b *answer"]
    eps: Float[Tensor, "b *answer"]


@dataclass(frozen=True)
class Use:
    """Mined points m are negatives of the `contrast`, or hard examples for the denoising `target`, or both.

    A hard example takes the place of its problem's noised right answer y_k: the point z = sqrt(abar_k) m + noise
    sigma_k eps, with the target (z - sqrt(abar_k) y) / sigma_k, the noise that would have led there from the right
    answer; with m = y and noise = 1 that is y_k and eps themselves. `noise`: 1 on the landscape's own shell, 0 for
    noise-free states of a solver. `landscapes`: those in which points are mined; empty: all.
    """

    contrast: bool = True
    target: bool = False
    noise: float = 1.0
    landscapes: tuple[int, ...] = ()

    def counts(self, context: MiningContext) -> Bool[Tensor, " b"]:
        """Return the problems whose landscape is mined, (b,)."""
        if not self.landscapes:
            return torch.ones_like(context.k, dtype=torch.bool)
        return torch.stack([context.k == level for level in self.landscapes]).any(0)

    def examples(
        self, context: MiningContext, mined: Float[Tensor, "b *answer"], counts: Bool[Tensor, " b"]
    ) -> Examples:
        """Return the hard examples of mined points, and the plain ones where a problem does not count."""
        batch, eps = context.batch, context.eps
        assert eps is not None, "hard examples lie under the noise of their problems"
        taken = per_problem(counts, eps)
        noise = torch.where(taken, self.noise * eps, eps)
        answers = torch.where(taken, mined, batch.y)
        return Examples(context.diffusion.noise(answers, context.k, noise), noise + context.in_noise_units(answers))


CONTRAST = Use()
