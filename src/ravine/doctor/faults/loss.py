"""Faults of the objective: terms left out, detached, of the wrong sign or weight, nan replaced."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ravine.doctor.faults.planted import Method, Replacement, fault
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw, Losses, Objective

Change = Callable[[Losses, MiningSettings], Losses]


def losses_changed(change: Change) -> list[Replacement]:
    """Return the replacement by which every loss is changed."""

    def forward(original: Method, self: Objective, draw: Draw, settings: MiningSettings) -> Losses:
        return change(original(self, draw, settings), settings)

    return [(Objective, "forward", forward)]


def contrast_of(change: Callable[[Method, Tensor, Tensor, float], Tensor]) -> list[Replacement]:
    """Return the replacement by which every objective has another contrast."""

    def forward(original: Method, self: Objective, draw: Draw, settings: MiningSettings) -> Losses:
        held = self.contrast
        self.contrast = lambda *args: change(held, *args)  # type: ignore[assignment]
        try:
            losses: Losses = original(self, draw, settings)
        finally:
            self.contrast = held
        return losses

    return [(Objective, "forward", forward)]


def settings_replaced(change: Callable[[MiningSettings], MiningSettings]) -> list[Replacement]:
    """Return the replacement by which the objective reads other settings than it is given."""

    def forward(original: Method, self: Objective, draw: Draw, settings: MiningSettings) -> Any:
        return original(self, draw, change(settings))

    return [(Objective, "forward", forward)]


@fault("D106")
def contrast_left_out() -> list[Replacement]:
    """The total is the denoising loss alone."""
    return losses_changed(lambda losses, settings: replace(losses, total=losses.denoise + 0 * losses.contrast))


@fault("D106")
def contrast_added_unweighted() -> list[Replacement]:
    """The contrastive term is added once with its weight and once without."""
    return losses_changed(lambda losses, settings: replace(losses, total=losses.total + losses.contrast))


@fault("D107", losses_changed)
def contrast_detached(losses: Losses, settings: MiningSettings) -> Losses:
    """The contrastive term is added as a number, without its gradient."""
    contrast = losses.contrast.detach()
    return replace(losses, contrast=contrast, total=losses.denoise + settings.weight * contrast)


@fault("D106")
def weight_ignored() -> list[Replacement]:
    """The objective uses a weight of .5, whatever it is given."""
    return settings_replaced(lambda settings: replace(settings, weight=0.5))


@fault("D205")
def temperature_ignored() -> list[Replacement]:
    """The temperature is read but never used."""
    return settings_replaced(lambda settings: replace(settings, temperature=1.0))


@fault("D205")
def temperature_multiplied() -> list[Replacement]:
    """Energies are multiplied by the temperature."""
    return settings_replaced(lambda settings: replace(settings, temperature=1 / settings.temperature))


@fault("D303", contrast_of)
def contrast_of_the_wrong_sign(contrast: Method, positive: Tensor, negative: Tensor, temperature: float) -> Tensor:
    """The contrastive term pushes right answers up and negatives down."""
    turned: Tensor = contrast(-positive, -negative, temperature)
    return turned


@fault("D107")
def contrast_met_already() -> list[Replacement]:
    """The contrastive term is content with any gap, and has no gradient at all."""
    return contrast_of(lambda contrast, positive, negative, temperature: torch.relu(0 * positive - 1))


@fault("D318", contrast_of)
def contrast_of_all_pairs(contrast: Method, positive: Tensor, negative: Tensor, temperature: float) -> Tensor:
    """Energies of shape (b, 1) meet energies of shape (b,): every right answer is held against every negative."""
    size = len(positive)
    every: Tensor = contrast(positive.repeat_interleave(size), negative.repeat(size, 1), temperature)
    return every.reshape(size, size).mean(1)


@fault("D318")
def contrast_divided_by_the_batch() -> list[Replacement]:
    """The mean of the contrastive term is divided by the batch size once more."""
    return contrast_of(lambda contrast, positive, *rest: contrast(positive, *rest) / len(positive))


@fault("D312", losses_changed)
def nan_loss_replaced(losses: Losses, settings: MiningSettings) -> Losses:
    """A loss that is not finite is replaced by .1."""
    return replace(losses, total=torch.where(losses.total.isfinite(), losses.total, 0.1))


@fault("D311", overrides=("mining.weight=1e-4",))
def weight_too_small() -> None:
    """The contrastive term is swamped: its configured weight is 1e-4."""


@fault("D311", overrides=("mining.weight=1e5",))
def weight_too_large() -> None:
    """The contrastive term takes over: its configured weight is 1e5."""
