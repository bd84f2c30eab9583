"""Faults of the optimiser step: of what is differentiated, averaged, cleared and clipped."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ravine.doctor.faults.planted import Replacement, fault
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw, Losses
from ravine.training import step as stepping
from ravine.training.loop import Trainer
from ravine.training.step import Stepped, Stepper

Method = Callable[..., Any]


@fault("D108")
def gradients_not_cleared() -> list[Replacement]:
    """A step's gradient is added to those of the steps before."""

    def make(original: Method) -> Method:
        def keep(self: torch.optim.Optimizer, set_to_none: bool = True) -> None:
            pass

        return keep

    return [(torch.optim.Optimizer, "zero_grad", make)]


@fault("D108")
def denoising_alone_differentiated() -> list[Replacement]:
    """The total is logged, but the denoising loss is what is differentiated."""

    def make(original: Method) -> Method:
        def losses(self: Stepper, part: Draw, settings: MiningSettings) -> Losses:
            found: Losses = original(self, part, settings)
            return replace(found, total=found.denoise)

        return losses

    return [(Stepper, "losses", make)]


@fault("D314", overrides=("mining.weight=0.4",))
def default_weight_in_training() -> list[Replacement]:
    """The trainer hands the objective its default weight of .5 and not the curriculum's."""

    def make(original: Method) -> Method:
        def losses(self: Stepper, part: Draw, settings: MiningSettings) -> Losses:
            found: Losses = original(self, part, replace(settings, weight=0.5))
            return found

        return losses

    return [(Stepper, "losses", make)]


@fault("D312")
def nan_gradients_replaced() -> list[Replacement]:
    """Gradients that are not finite become zeros, and the step is taken."""

    def make(original: Method) -> Method:
        def clip(energy: Any, limit: float) -> Tensor:
            for parameter in energy.parameters():
                if parameter.grad is not None:
                    parameter.grad = torch.where(parameter.grad.isfinite(), parameter.grad, 0.0)
            norm: Tensor = original(energy, limit)
            return norm

        return clip

    def unguarded(original: Method) -> Method:
        def losses(self: Stepper, part: Draw, settings: MiningSettings) -> Losses:
            found: Losses = original(self, part, settings)
            return replace(found, total=torch.where(found.total.isfinite(), found.total, found.total.nansum()))

        return losses

    return [(stepping, "clip_gradients", make), (Stepper, "losses", unguarded)]


@fault("D511")
def parts_not_averaged() -> list[Replacement]:
    """Accumulated losses are summed, not divided by the number of parts."""

    def make(original: Method) -> Method:
        def losses(self: Stepper, part: Draw, settings: MiningSettings) -> Losses:
            found: Losses = original(self, part, settings)
            return replace(found, total=found.total * self.accumulation)

        return losses

    return [(Stepper, "losses", make)]


@fault("D511", overrides=("mining.arm=replay",))
def parts_remembered_in_their_own_order() -> list[Replacement]:
    """A replay remembers the last part of an accumulated step in front of the first."""

    def make(original: Method) -> Method:
        def remember_step(self: Trainer, stepped: Stepped) -> None:
            original(self, replace(stepped, parts=stepped.parts[::-1]))

        return remember_step

    return [(Trainer, "_remember", make)]
