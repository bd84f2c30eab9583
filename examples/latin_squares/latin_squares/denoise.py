"""A denoising loss that large errors dominate less."""

from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.denoise.base import Denoise, Denoised, over_free
from ravine.energies.base import Condition, Energy
from ravine.section import Positive


class Huber(Denoise):
    """Huber's loss of the noise prediction: quadratic up to `knee`, linear beyond it."""

    kind: Literal["huber"] = "huber"
    knee: Positive = 1.0
    """Error at which the loss becomes linear."""

    def __call__(
        self,
        energy: Energy[Any],
        condition: Condition,
        y_k: Float[Tensor, "b *answer"],
        eps: Float[Tensor, "b *answer"],
        batch: Batch,
        noise_level: Float[Tensor, " b"],
    ) -> Denoised:
        """Return the mean over free entries."""
        point = energy.energy_and_gradient(condition, y_k)
        loss = torch.nn.functional.huber_loss(point.gradient, eps, reduction="none", delta=self.knee)
        free = batch.unknown
        return Denoised(over_free(loss, free), point.energy)
