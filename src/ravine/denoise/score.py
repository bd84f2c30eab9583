"""IRED's denoising loss: the gradient of the energy predicts the noise, or a network without an energy does."""

from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.denoise.base import Denoise, Denoised, over_free
from ravine.energies.base import Condition, Energy
from ravine.section import NotNegative


class Score(Denoise):
    """mean |grad_y E(x, y_k, k) - eps|^2 over free entries (Du et al. 2024, equation 5).

    Of a network without an energy it is the error of the noise that it predicts.
    """

    kind: Literal["score"] = "score"
    emphasis: NotNegative = 0.0
    """Power of sigma_k / sqrt(abar_k) by which a landscape weighs: 0 weighs all alike, more the smooth ones more."""

    def __call__(
        self,
        energy: Energy[Any],
        condition: Condition,
        y_k: Float[Tensor, "b *answer"],
        eps: Float[Tensor, "b *answer"],
        batch: Batch,
        noise_level: Float[Tensor, " b"],
    ) -> Denoised:
        """Return the mean squared errors of the noise prediction."""
        point = energy.noise_and_energy(condition, y_k)
        errors = noise_error(point.noise, eps, batch)
        return Denoised(noise_level**self.emphasis * errors if self.emphasis else errors, point.energy)


def noise_error(
    predicted: Float[Tensor, "b *answer"], eps: Float[Tensor, "b *answer"], batch: Batch
) -> Float[Tensor, " b"]:
    """Return each problem's mean squared difference over its free entries."""
    squared = squared_errors(predicted, eps)
    return squared.flatten(1).mean(1) if batch.given is None else over_free(squared, ~batch.given)


def squared_errors(
    predicted: Float[Tensor, "b *answer"], eps: Float[Tensor, "b *answer"]
) -> Float[Tensor, "b *answer"]:
    """Return the squared difference at every entry, in float32 at least."""
    wide = (predicted, eps) if predicted.dtype == torch.float64 else (predicted.float(), eps.float())
    return (wide[0] - wide[1]).square()
