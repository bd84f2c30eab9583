"""Faults of the denoising term: detached, or compared with something else than its noise."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import Tensor

from ravine.batch import Batch
from ravine.denoise import score
from ravine.doctor.faults.loss import losses_changed
from ravine.doctor.faults.planted import Method, Replacement, fault
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Losses


@fault("D109", losses_changed)
def denoising_detached(losses: Losses, settings: MiningSettings) -> Losses:
    """The denoising loss is added as a number: the gradient in y was taken without a graph."""
    denoise = losses.denoise.detach()
    return replace(losses, denoise=denoise, total=denoise + settings.weight * losses.contrast)


def targets_changed(change: Callable[[Tensor, Batch], Tensor]) -> list[Replacement]:
    """Return the replacement by which the noise prediction is compared with something else than the noise."""

    def loss(original: Method, gradient: Tensor, eps: Tensor, batch: Batch, *weights: Any) -> Any:
        return original(gradient, change(eps, batch), batch, *weights)

    return [(score, "noise_error", loss)]


@fault("D317")
def answer_as_the_target() -> list[Replacement]:
    """The noise prediction is compared with the right answer."""
    return targets_changed(lambda eps, batch: batch.y)


@fault("D317")
def noise_of_another_row_as_the_target() -> list[Replacement]:
    """The noise prediction is compared with the next row's noise."""
    return targets_changed(lambda eps, batch: eps.roll(1, 0))
