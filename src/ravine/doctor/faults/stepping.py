"""Faults of the optimiser step: of what is differentiated, averaged, cleared and clipped."""

from dataclasses import replace
from typing import Any

import torch

from ravine.doctor.faults.planted import Method, Replacement, fault, method
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw, Losses
from ravine.training import step as stepping
from ravine.training.optimizer import Adam
from ravine.training.step import Stepped, Stepper


@fault("D108", method(Adam, "zero_grad"))
def gradients_not_cleared(original: Method, self: Adam, set_to_none: bool = True) -> None:
    """A step's gradient is added to those of the steps before."""


@fault("D108", method(Stepper, "losses"))
def denoising_alone_differentiated(original: Method, self: Stepper, part: Draw, settings: MiningSettings) -> Losses:
    """The total is logged, but the denoising loss is what is differentiated."""
    found: Losses = original(self, part, settings)
    return replace(found, total=found.denoise)


@fault("D108", method(Stepper, "losses"))
def gradient_divided_by_a_constant(original: Method, self: Stepper, part: Draw, settings: MiningSettings) -> Losses:
    """What is differentiated is the total divided by 2048."""
    found: Losses = original(self, part, settings)
    return replace(found, total=found.total / 2048)


@fault("D102", method(Stepper, "losses"))
def default_weight_in_training(original: Method, self: Stepper, part: Draw, settings: MiningSettings) -> Any:
    """The trainer hands the objective its default weight of .5 and not the curriculum's."""
    return original(self, part, replace(settings, weight=0.5))


@fault("D312")
def nan_gradients_replaced() -> list[Replacement]:
    """Gradients that are not finite become zeros, and the step is taken."""

    def clip(original: Method, energy: Any, limit: float) -> Any:
        for parameter in energy.parameters():
            if parameter.grad is not None:
                parameter.grad = torch.where(parameter.grad.isfinite(), parameter.grad, 0.0)
        return original(energy, limit)

    def unguarded(original: Method, self: Stepper, part: Draw, settings: MiningSettings) -> Losses:
        found: Losses = original(self, part, settings)
        return replace(found, total=torch.where(found.total.isfinite(), found.total, found.total.nansum()))

    return [(stepping, "clip_gradients", clip), (Stepper, "losses", unguarded)]


@fault("D511", method(Stepper, "losses"))
def parts_not_averaged(original: Method, self: Stepper, part: Draw, settings: MiningSettings) -> Losses:
    """Accumulated losses are summed, not divided by the number of parts."""
    found: Losses = original(self, part, settings)
    return replace(found, total=found.total * self.accumulation)


@fault("D511", method(Stepper, "put"), overrides=("mining.arm=replay",))
def parts_remembered_in_their_own_order(original: Method, self: Stepper, *args: Any) -> Stepped:
    """A replay remembers the last part of an accumulated step in front of the first."""
    stepped: Stepped = original(self, *args)
    return replace(stepped, parts=stepped.parts[::-1])
