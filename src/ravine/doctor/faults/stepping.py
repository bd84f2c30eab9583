"""Faults of the optimiser step: of what is differentiated, averaged, cleared and clipped."""

from dataclasses import replace
from typing import Any

import torch

from ravine.doctor.faults.planted import Method, Replacement, fault
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw, Losses
from ravine.training import step as stepping
from ravine.training.step import Stepped, Stepper


@fault("D108")
def gradients_not_cleared() -> list[Replacement]:
    """A step's gradient is added to those of the steps before."""

    def keep(original: Method, self: torch.optim.Optimizer, set_to_none: bool = True) -> None:
        pass

    return [(torch.optim.Optimizer, "zero_grad", keep)]


@fault("D108")
def denoising_alone_differentiated() -> list[Replacement]:
    """The total is logged, but the denoising loss is what is differentiated."""

    def losses(original: Method, self: Stepper, part: Draw, settings: MiningSettings) -> Losses:
        found: Losses = original(self, part, settings)
        return replace(found, total=found.denoise)

    return [(Stepper, "losses", losses)]


@fault("D108")
def gradient_divided_by_a_constant() -> list[Replacement]:
    """What is differentiated is the total divided by 2048."""

    def losses(original: Method, self: Stepper, part: Draw, settings: MiningSettings) -> Losses:
        found: Losses = original(self, part, settings)
        return replace(found, total=found.total / 2048)

    return [(Stepper, "losses", losses)]


@fault("D314", overrides=("mining.weight=0.4",))
def default_weight_in_training() -> list[Replacement]:
    """The trainer hands the objective its default weight of .5 and not the curriculum's."""

    def losses(original: Method, self: Stepper, part: Draw, settings: MiningSettings) -> Any:
        return original(self, part, replace(settings, weight=0.5))

    return [(Stepper, "losses", losses)]


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


@fault("D511")
def parts_not_averaged() -> list[Replacement]:
    """Accumulated losses are summed, not divided by the number of parts."""

    def losses(original: Method, self: Stepper, part: Draw, settings: MiningSettings) -> Losses:
        found: Losses = original(self, part, settings)
        return replace(found, total=found.total * self.accumulation)

    return [(Stepper, "losses", losses)]


@fault("D511", overrides=("mining.arm=replay",))
def parts_remembered_in_their_own_order() -> list[Replacement]:
    """A replay remembers the last part of an accumulated step in front of the first."""

    def step(original: Method, self: Stepper, *args: Any) -> Stepped:
        stepped: Stepped = original(self, *args)
        return replace(stepped, parts=stepped.parts[::-1])

    return [(Stepper, "step", step)]
