"""Faults of the energy: deaf to an input, another function's gradient, dead or detached layers, of the wrong sign."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ravine.build import training as building
from ravine.doctor.faults.planted import Method, Replacement, everywhere, fault, method
from ravine.energies.base import Energy, EnergyAndGradient
from ravine.objective import Objective

OUTWARDS = 5.0
"""How much of the answer's squared length the energy loses."""


def condition_changed(change: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> list[Replacement]:
    """Return the replacement by which energies are conditioned on other problems or landscapes."""

    def condition(original: Method, self: Any, x: Tensor, k: Tensor) -> Any:
        return original(self, *change(x, k))

    return everywhere(Energy, "condition")(condition)


def energies(energy: Method) -> list[Replacement]:
    """Return the replacements of every energy; their gradients follow, closed forms give way to the derived one."""

    def derived(original: Method, self: Any, condition: Any, y: Tensor) -> EnergyAndGradient:
        return Energy.energy_and_gradient(self, condition, y)

    closed = [entry for entry in everywhere(Energy, "energy_and_gradient")(derived) if entry[0] is not Energy]
    return [*everywhere(Energy, "energy")(energy), *closed]


@fault("D501")
def deaf_to_the_problem() -> list[Replacement]:
    """The energy sees zeros instead of the problem."""
    return condition_changed(lambda x, k: (0 * x, k))


@fault("D501")
def deaf_to_the_landscape() -> list[Replacement]:
    """The energy sees landscape 0, whatever it is given."""
    return condition_changed(lambda x, k: (x, torch.zeros_like(k)))


@fault("D501", energies)
def deaf_to_half_the_answer(original: Method, self: Any, condition: Any, y: Tensor) -> Any:
    """The energy sees the first half of the answer's rows alone."""
    seen = torch.arange(y.shape[1], device=y.device) < y.shape[1] // 2
    return original(self, condition, y * seen.reshape(-1, *[1] * (y.dim() - 2)))


@fault("D502", everywhere(Energy, "energy_and_gradient"))
def gradient_without_its_factor(original: Method, self: Any, condition: Any, y: Tensor) -> EnergyAndGradient:
    """The closed-form gradient lacks the factor 2 of a square."""
    made: EnergyAndGradient = original(self, condition, y)
    return replace(made, gradient=made.gradient / 2)


@fault("D503", energies)
def energy_vanishes(original: Method, self: Any, condition: Any, y: Tensor) -> Any:
    """The read-out is so small that no gradient is left."""
    return 1e-9 * original(self, condition, y)


@fault("D504", energies, trained=True)
def noise_prediction_collapsed(original: Method, self: Any, condition: Any, y: Tensor) -> Any:
    """After training the energy is flat: its gradient is a thousandth of what it was."""
    return 1e-3 * original(self, condition, y)


@fault("D505", method(Energy, "forward"))
def landscape_of_the_first_row(original: Method, self: Any, x: Tensor, y: Tensor, k: Tensor) -> Any:
    """A wrapper hands the first row's landscape on for the whole batch."""
    return original(self, x, y, k[:1].expand(len(k)))


@fault("D506", method(Objective, "__init__"))
def layer_frozen(original: Method, self: Objective, energy: Any, *args: Any) -> None:
    """One layer's weights take no gradient."""
    list(energy.parameters())[-1].requires_grad_(False)
    original(self, energy, *args)


@fault("D507", method(Objective, "__init__"))
def layer_vanishes(original: Method, self: Objective, energy: Any, *args: Any) -> None:
    """One layer's gradient is scaled by 1e-12 on its way."""
    original(self, energy, *args)
    next(iter(energy.parameters())).register_hook(lambda gradient: gradient * 1e-12)


@fault("D508", method(building, "optimizer"))
def parameter_not_optimised(original: Method, config: Any, of: Any) -> torch.optim.Optimizer:
    """One parameter is not handed to the optimiser."""
    made: torch.optim.Optimizer = original(config, of)
    made.param_groups[0]["params"].pop()
    return made


@fault("D304", method(building, "optimizer"))
def optimiser_climbs(original: Method, config: Any, of: Any) -> torch.optim.Optimizer:
    """The optimiser maximises."""
    made: torch.optim.Optimizer = original(config, of)
    made.param_groups[0]["maximize"] = True
    return made


@fault("D513", energies, trained=True)
def energy_of_the_wrong_sign(original: Method, self: Any, condition: Any, y: Tensor) -> Any:
    """After training, energies and their gradients are negated: high is right."""
    return -original(self, condition, y)


@fault("D504", energies, trained=True)
def energy_falls_outwards(original: Method, self: Any, condition: Any, y: Tensor) -> Any:
    """After training the energy falls with the length of the answer, so that descent leads away."""
    return original(self, condition, y) - OUTWARDS * y.flatten(1).square().sum(1)


@fault("D310", overrides=("mining.temperature=1e-9",))
def temperature_saturates() -> None:
    """The configured temperature is so low that the contrastive term has no gradient but at ties."""
