"""Energies around an answer that a network computes from the problem: what such networks share."""

from abc import abstractmethod
from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import per_problem
from ravine.energies.base import Condition, Energy, EnergyAndGradient
from ravine.energies.likelihood import reals_energy


@dataclass(frozen=True)
class ComputedCondition(Condition):
    """The answer that points are held against, (b, *answer); `signal` s and `sigma` of their landscapes, (b,)."""

    answer: Float[Tensor, "b *answer"]
    signal: Float[Tensor, " b"]
    sigma: Float[Tensor, " b"]


class ComputedEnergy(Energy[ComputedCondition]):
    """E(x, y, k) = |y - s D(x)|^2 / (2 sigma), the exact energy where the answer is a function D of the problem.

    Its gradient is the noise in y if D is right, and the denoising loss is (s / sigma)^2 times the mean squared error
    of D: with `emphasis = 2` of the loss `score` it is that error. Subclasses write `computed`, D. `signal`:
    sqrt(abar_k).
    """

    def __init__(self, signal: Float[Tensor, " K"]) -> None:
        super().__init__()
        self.register_buffer("signal", signal.clone(), persistent=False)

    @abstractmethod
    def computed(self, x: Float[Tensor, "b *problem"]) -> Float[Tensor, "b *answer"]:
        """Return the answers D(x)."""

    def condition(self, x: Float[Tensor, "b *problem"], k: Int[Tensor, " b"]) -> ComputedCondition:
        """Return the computed answers and the scales of the landscapes."""
        s = self.get_buffer("signal")[k]
        return ComputedCondition(self.computed(x), s, (1 - s.square()).sqrt())

    def energy(self, condition: ComputedCondition, y: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return reals_energy(condition.answer, y, condition.signal, condition.sigma).flatten(1).sum(1)

    def energy_and_gradient(self, condition: ComputedCondition, y: Float[Tensor, "b *answer"]) -> EnergyAndGradient:
        """Return energies and gradients (y - s D) / sigma."""
        gradient = (y - per_problem(condition.signal, y) * condition.answer) / per_problem(condition.sigma, y)
        return EnergyAndGradient(self.energy(condition, y), gradient)
