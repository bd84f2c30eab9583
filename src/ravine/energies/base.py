"""The contract of an energy E(x, y, k): a scalar per problem, low where the answer is right."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Generic, TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.derivative import value_and_gradient
from ravine.diffusion import Diffusion
from ravine.errors import ConfigurationError, InputError
from ravine.section import Section

Same = TypeVar("Same", bound="Condition")


@dataclass(frozen=True)
class Condition:
    """What an energy computes once from the problem and the landscape; every field has a leading batch dimension."""

    def rows(self: Same, rows: slice) -> Same:
        """Return the condition of the problems in `rows` alone."""
        if (rows.start, rows.stop) == (0, len(getattr(self, fields(self)[0].name))):
            return self  # a slice of all rows costs two passes over memory on the way back
        return replace(self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def repeat(self: Same, times: int) -> Same:
        """Return every problem's condition `times` times in a row: (b, ...) becomes (b * times, ...)."""
        if times == 1:
            return self
        return replace(self, **{f.name: getattr(self, f.name).repeat_interleave(times, 0) for f in fields(self)})

    def detach(self: Same) -> Same:
        """Return the condition cut off from the parameters."""
        return replace(self, **{f.name: getattr(self, f.name).detach() for f in fields(self)})


@dataclass(frozen=True)
class EnergyAndGradient:
    """The energy of each problem's point, (b,), and its gradient with respect to the point, shaped as the point."""

    energy: Float[Tensor, " b"]
    gradient: Float[Tensor, "b *answer"]


@dataclass(frozen=True)
class Prediction:
    """The predicted noise of each problem's point, shaped as the point, and the energy there, (b,), if there is one."""

    noise: Float[Tensor, "b *answer"]
    energy: Float[Tensor, " b"] | None


C = TypeVar("C", bound=Condition)


class Energy(nn.Module, ABC, Generic[C]):
    """An energy E(x, y, k); subclasses write `condition`, `energy`, and a closed-form gradient where it is faster.

    `has_energy`: false for a network that predicts the noise by itself (`energies.denoiser`): `noise_and_energy` is all
    that may be asked of it. `gains_by_compiling`: true where a training step was measured to be faster compiled.
    """

    has_energy: ClassVar[bool] = True
    gains_by_compiling: ClassVar[bool] = False

    @abstractmethod
    def condition(self, x: Float[Tensor, "b *problem"], k: Int[Tensor, " b"]) -> C:
        """Return what depends only on the problems `x` and their landscapes `k`."""

    @abstractmethod
    def energy(self, condition: C, y: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return the energy of each problem's point `y`, in float32 or better, (b,)."""

    def energy_and_gradient(self, condition: C, y: Float[Tensor, "b *answer"]) -> EnergyAndGradient:
        """Return energies and their gradients in `y`.

        With gradients enabled the result can itself be differentiated (as the denoising loss needs); without, nothing
        second-order is built.
        """
        return EnergyAndGradient(*value_and_gradient(lambda point: self.energy(condition, point), y))

    def noise_and_energy(self, condition: C, y: Float[Tensor, "b *answer"]) -> Prediction:
        """Return the predicted noise at the points `y`, which is the energy's gradient, and the energies."""
        point = self.energy_and_gradient(condition, y)
        return Prediction(point.gradient, point.energy)

    def draw_variant(self, generator: torch.Generator) -> int | None:
        """Return the energy's own random choice for one training step, a number of rounds say; None if it has none."""
        return None

    def varied(self, variant: int | None) -> "Energy[C]":
        """Return the energy, its weights shared, as a drawn choice makes it."""
        return self

    def with_rounds(self, rounds: int) -> "Energy[C]":
        """Return the energy, its weights shared, with another number of tied rounds.

        A `ConfigurationError` says so of one that has no such rounds.
        """
        raise ConfigurationError(f"solve.rounds: {type(self).__name__} has no rounds; leave it out")

    def forward(
        self, x: Float[Tensor, "b *problem"], y: Float[Tensor, "b *answer"], k: Int[Tensor, " b"]
    ) -> Float[Tensor, " b"]:
        """Return E(x, y, k), (b,)."""
        return self.energy(self.condition(x, k), y)


def refuse_compiled(energy: nn.Module) -> None:
    """Raise an `InputError` for an energy compiled as a module: its `forward` alone would be, which training skips."""
    if hasattr(energy, "_orig_mod") or getattr(energy, "_compiled_call_impl", None) is not None:
        raise InputError(
            "the energy is compiled as a module, which compiles its forward alone; "
            "compile the methods `energy` and `energy_and_gradient` of its class instead (docs/python.md)"
        )


class EnergyConfig(Section, ABC):
    """The configuration of an energy, beside it in its file; its `name` is the literal by which it is chosen."""

    name: str

    has_energy: ClassVar[bool] = True

    @abstractmethod
    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> Energy[Any]:
        """Return the energy with initial weights from `generator`; a `ConfigurationError` if the shape does not fit."""


def matrices_of(shape: Shape, name: str) -> tuple[int, int]:
    """Return how many n x n matrices problems are, and n; a `ConfigurationError` if they are none."""
    inputs, n = shape.x[0], shape.x[-1]
    if shape.x != (inputs, n, n) or shape.y != (n, n):
        raise ConfigurationError(f"energy.name: {name} needs n x n matrices, and the task has none; write mlp")
    return inputs, n


def squared_norm(output: Float[Tensor, "b *shape"]) -> Float[Tensor, " b"]:
    """Return |output|^2 per row, summed in float32 at least."""
    wide = output if output.dtype == torch.float64 else output.float()
    return wide.flatten(1).square().sum(dim=1)
