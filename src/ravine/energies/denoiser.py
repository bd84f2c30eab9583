"""The contract of a network that predicts the noise and has no energy: a diffusion baseline."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NoReturn

from jaxtyping import Float, Int
from torch import Tensor

from ravine.energies.base import C, Energy, EnergyAndGradient, EnergyConfig, Prediction
from ravine.errors import ConfigurationError


class Denoiser(Energy[C], ABC):
    """A network eps(x, y_k, k) that predicts the noise; subclasses write `condition` and `noise`.

    It trains by the denoising loss and solves by annealing alone. What asks it for an energy is refused: nothing says
    which of two answers is the better one.
    """

    has_energy: ClassVar[bool] = False

    @abstractmethod
    def noise(self, condition: C, y: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return the predicted noise at the points `y`, shaped as they are."""

    def noise_and_energy(self, condition: C, y: Float[Tensor, "b *answer"]) -> Prediction:
        """Return the predicted noise at the points `y`; there are no energies."""
        return Prediction(self.noise(condition, y), None)

    def energy(self, condition: C, y: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Raise a `ConfigurationError`: there is no energy."""
        self._refuse()

    def energy_and_gradient(self, condition: C, y: Float[Tensor, "b *answer"]) -> EnergyAndGradient:
        """Raise a `ConfigurationError`: there is no energy."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise ConfigurationError(
            f"energy.name: {type(self).__name__} predicts the noise and has no energy, and a part of this run asks for "
            "one; ask for `noise_and_energy`, or choose an energy"
        )


class OutputDenoiser(Denoiser[C]):
    """The output of an energy's network as the noise: a number for each entry of the answer, of which E is not made.

    `network`: an energy that has such an `output(condition, y)`.
    """

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def condition(self, x: Float[Tensor, "b *problem"], k: Int[Tensor, " b"]) -> C:
        """Return the network's condition."""
        condition: C = self.network.condition(x, k)
        return condition

    def noise(self, condition: C, y: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return the network's output at the points `y`."""
        output: Tensor = self.network.output(condition, y)
        return output.reshape(y.shape).to(y.dtype)


class DenoiserConfig(EnergyConfig, ABC):
    """The configuration of a denoiser, chosen by its `name` where an energy is."""

    has_energy: ClassVar[bool] = False
