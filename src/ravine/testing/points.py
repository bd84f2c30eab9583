"""What a kit asks of an energy about: weights away from special values, problems, points and landscapes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ravine.batch import Shape
from ravine.energies.base import Energy, EnergyAndGradient
from ravine.seeding import Seeds
from ravine.tasks.answers import one_hot

SIZE = 6
JITTER = 0.1
SEEDS = Seeds(0, ("testing", "energy"))


@dataclass(frozen=True)
class Bench:
    """An energy in float64, its weights moved away from special values, problems and `other` ones, and points."""

    make: Callable[[torch.Generator], Energy[Any]]
    energy: Energy[Any]
    x: Tensor
    other: Tensor
    y: Tensor
    k: Tensor
    landscapes: int

    @property
    def condition(self) -> Any:
        """The energy's condition on the problems."""
        return self.energy.condition(self.x, self.k)


def both(bench: Bench) -> EnergyAndGradient:
    """Return energies and gradients at the bench's points."""
    return bench.energy.energy_and_gradient(bench.condition, bench.y)


def said(energy: Energy[Any], x: Tensor, y: Tensor, k: Tensor) -> Tensor:
    """Return all that a network says of points, (b, entries): the noise it predicts, and the energy if it has one."""
    point = energy.noise_and_energy(energy.condition(x, k), y)
    noise = point.noise.flatten(1)
    return noise if point.energy is None else torch.cat([noise, point.energy[:, None]], 1)


def jittered(energy: Energy[Any]) -> Energy[Any]:
    """Return the energy with its weights moved away from any special initial values."""
    for name, parameter in energy.named_parameters():
        parameter.data += JITTER * normal(name, tuple(parameter.shape))
    return energy


def problems(name: str, shape: Shape) -> Tensor:
    """Return problems to ask about: normal numbers, or where cells share groups a random value in half of them."""
    if not shape.groups:
        return normal(name, (SIZE, *shape.x))
    drawn = normal(name, (SIZE, *shape.x))
    value = one_hot(drawn.argmax(-1), shape.x[-1]).double()
    return torch.where(drawn.sum(-1, keepdim=True) > 0, value, -1.0)


def normal(name: str, shape: tuple[int, ...]) -> Tensor:
    """Return standard normal numbers in float64, the same for one name."""
    return torch.randn(shape, generator=SEEDS.child(name).generator(), dtype=torch.float64)
