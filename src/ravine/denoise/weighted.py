"""The denoising loss of the released plans: entries that are +1 in the right answer weigh more than the others."""

from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.denoise.base import Denoise, Denoised, over_free
from ravine.denoise.score import squared_errors
from ravine.energies.base import Condition, Energy
from ravine.section import NotNegative


class Weighted(Denoise):
    """mean w |grad_y E(x, y_k, k) - eps|^2 over free entries, w by the right answer's sign; w is not normalised.

    Source: the released code of Du et al. 2024, on shortest paths.
    """

    kind: Literal["weighted"] = "weighted"
    plus: NotNegative = 10.0
    """Weight of entries that are positive in the right answer."""
    minus: NotNegative = 0.5
    """Weight of all others."""

    def __call__(
        self,
        energy: Energy[Any],
        condition: Condition,
        y_k: Float[Tensor, "b *answer"],
        eps: Float[Tensor, "b *answer"],
        batch: Batch,
        noise_level: Float[Tensor, " b"],
    ) -> Denoised:
        """Return the weighted mean squared errors of the noise prediction."""
        point = energy.energy_and_gradient(condition, y_k)
        errors = torch.where(batch.y > 0, self.plus, self.minus) * squared_errors(point.gradient, eps)
        return Denoised(over_free(errors, batch.unknown), point.energy)
