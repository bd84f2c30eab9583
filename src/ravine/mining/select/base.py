"""The contract of a selection: which of a problem's refined candidates become its mined points."""

from abc import ABC, abstractmethod
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor

from ravine.section import Count, Section


class Select(Section, ABC):
    """A choice among the `candidates` of each problem, row by row.

    `needs_energy`: whether it looks at energies; without, the energies that it is handed are zeros.
    """

    needs_energy: ClassVar[bool] = True
    candidates: Count

    @property
    def guided(self) -> bool:
        """Whether the energy has a say in what is chosen."""
        return self.needs_energy

    @abstractmethod
    def __call__(
        self,
        energies: Float[Tensor, "b m"],
        answers: Float[Tensor, "b m *answer"],
        right: Float[Tensor, "b *answer"],
    ) -> Int[Tensor, "b s"]:
        """Return the indices of the chosen candidates."""
