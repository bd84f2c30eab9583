"""A further term of the loss."""

from typing import Any, ClassVar

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.energies.base import Condition, Energy
from ravine.terms import Term


class Flat(Term):
    """The energy of noised right answers, to a power: keeps it from drifting."""

    evaluations: ClassVar[int] = 1

    def __init__(self, power: int = 2) -> None:
        self.power = power

    def __call__(
        self,
        energy: Energy[Any],
        condition: Condition,
        y_k: Float[Tensor, "b *answer"],
        eps: Float[Tensor, "b *answer"],
        batch: Batch,
        noise_level: Float[Tensor, " b"],
    ) -> Float[Tensor, " b"]:
        """Return the loss of each problem, (b,)."""
        return energy.energy(condition, y_k) ** self.power
