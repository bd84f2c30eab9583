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


def energy_replaced(energy: Method, with_gradient: Method) -> list[Replacement]:
    """Return the replacements of every energy, and of closed-form gradients; others are derived from the energy."""
    closed = [entry for entry in everywhere(Energy, "energy_and_gradient")(with_gradient) if entry[0] is not Energy]
    return [*everywhere(Energy, "energy")(energy), *closed]


def energies_changed(change: Callable[[Any, Tensor], Tensor]) -> list[Replacement]:
    """Return the replacement by which energies, and their gradients alike, are changed by a factor."""

    def energy(original: Method, self: Any, condition: Any, y: Tensor) -> Tensor:
        return change(self, original(self, condition, y))

    def with_gradient(original: Method, self: Any, condition: Any, y: Tensor) -> EnergyAndGradient:
        made: EnergyAndGradient = original(self, condition, y)
        return EnergyAndGradient(change(self, made.energy), change(self, made.gradient))

    return energy_replaced(energy, with_gradient)


@fault("D501")
def deaf_to_the_problem() -> list[Replacement]:
    """The energy sees zeros instead of the problem."""
    return condition_changed(lambda x, k: (0 * x, k))


@fault("D501")
def deaf_to_the_landscape() -> list[Replacement]:
    """The energy sees landscape 0, whatever it is given."""
    return condition_changed(lambda x, k: (x, torch.zeros_like(k)))


@fault("D501")
def deaf_to_half_the_answer() -> list[Replacement]:
    """The energy sees the first half of the answer's rows alone."""

    def seen(y: Tensor) -> Tensor:
        mask = torch.ones_like(y)
        mask[:, y.shape[1] // 2 :] = 0
        return mask

    def energy(original: Method, self: Any, condition: Any, y: Tensor) -> Any:
        return original(self, condition, y * seen(y))

    def with_gradient(original: Method, self: Any, condition: Any, y: Tensor) -> EnergyAndGradient:
        made: EnergyAndGradient = original(self, condition, y * seen(y))
        return EnergyAndGradient(made.energy, made.gradient * seen(y))

    return energy_replaced(energy, with_gradient)


@fault("D502", everywhere(Energy, "energy_and_gradient"))
def gradient_without_its_factor(original: Method, self: Any, condition: Any, y: Tensor) -> EnergyAndGradient:
    """The closed-form gradient lacks the factor 2 of a square."""
    made: EnergyAndGradient = original(self, condition, y)
    return replace(made, gradient=made.gradient / 2)


@fault("D503")
def energy_vanishes() -> list[Replacement]:
    """The read-out is so small that no gradient is left."""
    return energies_changed(lambda energy, value: value * 1e-9)


@fault("D504", trained=True)
def noise_prediction_collapsed() -> list[Replacement]:
    """After training the energy is flat: its gradient is a thousandth of what it was."""
    return energies_changed(lambda energy, value: value * 1e-3)


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


@fault("D513", trained=True)
def energy_of_the_wrong_sign() -> list[Replacement]:
    """After training, energies and their gradients are negated: high is right."""
    return energies_changed(lambda energy, value: -value)


@fault("D514", trained=True)
def energy_falls_outwards() -> list[Replacement]:
    """After training the energy falls with the length of the answer, so that descent leads away."""

    def energy(original: Method, self: Any, condition: Any, y: Tensor) -> Tensor:
        value: Tensor = original(self, condition, y)
        return value - OUTWARDS * y.flatten(1).square().sum(1)

    def with_gradient(original: Method, self: Any, condition: Any, y: Tensor) -> EnergyAndGradient:
        made: EnergyAndGradient = original(self, condition, y)
        value = made.energy - OUTWARDS * y.flatten(1).square().sum(1)
        return EnergyAndGradient(value, made.gradient - 2 * OUTWARDS * y)

    return energy_replaced(energy, with_gradient)


@fault("D310", overrides=("mining.temperature=1e-9",))
def temperature_saturates() -> None:
    """The configured temperature is so low that the contrastive term has no gradient but at ties."""
