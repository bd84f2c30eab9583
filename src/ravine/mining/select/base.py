"""The contract of a selection: which of a problem's refined candidates become its mined points."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from jaxtyping import Float, Int
from torch import Tensor

from ravine.mining.context import MiningContext
from ravine.mining.refine.base import Refined
from ravine.section import Count, Section


@dataclass(frozen=True)
class Valued:
    """What candidates are chosen by, one number each, (b * m,), and the energy evaluations per problem that it took."""

    values: Float[Tensor, " rows"]
    evaluations: int = 0


class Select(Section, ABC):
    """A choice among the `candidates` of each problem, row by row.

    `needs_energy`: whether it looks at energies, or other `values`; without, those that it is handed are zeros.
    """

    needs_energy: ClassVar[bool] = True
    candidates: Count

    @property
    def guided(self) -> bool:
        """Whether the energy has a say in what is chosen."""
        return self.needs_energy

    def values(self, condition: Any, context: MiningContext, refined: Refined) -> Valued:
        """Return what the refined candidates, m rows per problem in turn, are chosen by: their energies."""
        if refined.energy_after is not None:
            return Valued(refined.energy_after)
        count = len(refined.answers) // len(context.batch)
        points = context.diffusion.scale(refined.answers, context.k.repeat_interleave(count))
        return Valued(context.energy.energy(condition.repeat(count), points), count)

    @abstractmethod
    def __call__(
        self,
        energies: Float[Tensor, "b m"],
        answers: Float[Tensor, "b m *answer"],
        right: Float[Tensor, "b *answer"],
    ) -> Int[Tensor, "b s"]:
        """Return the indices of the chosen candidates; -1 leaves a place empty: there is no mined point."""
