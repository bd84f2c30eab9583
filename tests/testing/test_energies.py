"""The kit for energies catches what does not conform."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from jaxtyping import TypeCheckError
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy, EnergyAndGradient
from ravine.energies.mlp import MLP, MLPCondition
from ravine.testing import check_energy

SHAPE = Shape((3, 3), (3, 3))


class Plain(MLP):
    """The MLP at a small size, from which faults are made."""

    def __init__(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> None:
        super().__init__(shape.x, shape.y, diffusion.landscapes, generator, width=12, embedding_width=8)


def test_a_sound_energy_conforms() -> None:
    check_energy(Plain, SHAPE, stacked=True)


class Unseeded(Plain):
    def __init__(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> None:
        super().__init__(shape, diffusion, generator)
        self.more = nn.Parameter(torch.randn(3))  # from the global state


class Deaf(Plain):
    def __init__(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> None:
        super().__init__(shape, diffusion, torch.Generator().manual_seed(0))


class Elsewhere(Plain):
    """A part of the weights is no parameter and no buffer."""

    def __init__(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> None:
        super().__init__(shape, diffusion, generator)
        self.hidden = float(torch.rand((), generator=generator))

    def energy(self, condition: MLPCondition, y: Tensor) -> Tensor:
        return super().energy(condition, y) + self.hidden

    energy_and_gradient = Energy.energy_and_gradient


class Counting(Plain):
    """Its second answer is another one."""

    def __init__(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> None:
        super().__init__(shape, diffusion, generator)
        self.register_buffer("asked", torch.zeros(()))

    def energy(self, condition: MLPCondition, y: Tensor) -> Tensor:
        self.get_buffer("asked").add_(1)
        return super().energy(condition, y)


class Moving(Plain):
    def energy(self, condition: MLPCondition, y: Tensor) -> Tensor:
        y.data.mul_(1 + 1e-9)
        return super().energy(condition, y)


class Halved(Plain):
    def energy_and_gradient(self, condition: MLPCondition, y: Tensor) -> EnergyAndGradient:
        point = super().energy_and_gradient(condition, y)
        return replace(point, gradient=point.gradient / 2)


class Detached(Plain):
    """Its gradient carries none of its own."""

    def energy_and_gradient(self, condition: MLPCondition, y: Tensor) -> EnergyAndGradient:
        point = super().energy_and_gradient(condition, y)
        return replace(point, gradient=point.gradient.detach())


class Unused(Plain):
    def __init__(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> None:
        super().__init__(shape, diffusion, generator)
        self.unused = nn.Parameter(torch.rand(3, generator=generator))


class Broken(Plain):
    """Autograd does not see all of the energy."""

    def energy(self, condition: MLPCondition, y: Tensor) -> Tensor:
        return super().energy(condition, y) + y.detach().flatten(1).square().sum(1)

    energy_and_gradient = Energy.energy_and_gradient


class Recording(Plain):
    def energy_and_gradient(self, condition: MLPCondition, y: Tensor) -> EnergyAndGradient:
        with torch.enable_grad():
            return super().energy_and_gradient(condition, y)


class Centred(Plain):
    """Problems are seen relative to the batch's."""

    def condition(self, x: Tensor, k: Tensor) -> MLPCondition:
        return super().condition(x - x.mean(0), k)


@dataclass(frozen=True)
class Tiled(MLPCondition):
    """A condition that is repeated whole, problem after problem."""

    def repeat(self, times: int) -> Any:
        parts = {name: value.repeat(times, 1) for name, value in vars(self).items()}
        return replace(self, **parts)


class Repeating(Plain):
    def condition(self, x: Tensor, k: Tensor) -> Tiled:
        return Tiled(**vars(super().condition(x, k)))


class Timeless(Plain):
    def condition(self, x: Tensor, k: Tensor) -> MLPCondition:
        return super().condition(x, torch.zeros_like(k))


class Unconditional(Plain):
    def condition(self, x: Tensor, k: Tensor) -> MLPCondition:
        return super().condition(torch.zeros_like(x) * x, k)


class Remembering(Plain):
    """It computes with the weights that it was made with."""

    def __init__(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> None:
        super().__init__(shape, diffusion, generator)
        self.held = [self.fc4.weight]

    def energy(self, condition: MLPCondition, y: Tensor) -> Tensor:
        return super().energy(condition, y) + self.held[0].square().sum() * 0.1

    energy_and_gradient = Energy.energy_and_gradient


class Scalar(Plain):
    def energy(self, condition: MLPCondition, y: Tensor) -> Tensor:
        return super().energy(condition, y).sum()


class Branching(Plain):
    """Its control flow reads values."""

    def energy_and_gradient(self, condition: MLPCondition, y: Tensor) -> EnergyAndGradient:
        if float(self.fc1.bias.detach().abs().max()) > 1e9:
            y = -y
        return super().energy_and_gradient(condition, y)


FAULTS: dict[Callable[..., Energy[Any]], str] = {
    Unseeded: "global random state",
    Deaf: "same initial weights",
    Elsewhere: "state dict says not all",
    Counting: "changed problems, points or weights",
    Moving: "changed problems, points or weights",
    Scalar: "one value per problem|Type-check",
    Halved: "not autograd's",
    Broken: "finite differences",
    Detached: "not autograd's|has no gradient",
    Unused: "unused has no gradient",
    Recording: "was recorded",
    Centred: "depend on the batch",
    Repeating: "repeated condition",
    Timeless: "another landscape",
    Unconditional: "another problem",
    Remembering: "functional_call",
    Branching: "vmap|item",
}


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_every_fault_of_an_energy_is_caught(kind: Callable[..., Energy[Any]]) -> None:
    state = torch.get_rng_state()
    try:
        with pytest.raises((AssertionError, TypeCheckError, RuntimeError), match=FAULTS[kind]):
            check_energy(kind, SHAPE, stacked=True)
    finally:
        torch.set_rng_state(state)
