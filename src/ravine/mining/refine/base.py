"""The contract of a refinement: how proposals are made harder."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.mining.context import MiningContext
from ravine.section import Section


@dataclass(frozen=True)
class Refined:
    """Refined answers (b, ...), with energies before and after, (b,), and the share of steps kept, (b,).

    The energies are those of the noise-free points sqrt(abar_k) y; none are computed where no step is taken.
    """

    answers: Float[Tensor, "b *answer"]
    energy_before: Float[Tensor, " b"] | None = None
    energy_after: Float[Tensor, " b"] | None = None
    accepted: Float[Tensor, " b"] | None = None
    evaluations: int = 0


class Refine(Section, ABC):
    """A way to make proposals harder. `falls`: whether no row's energy may be higher after it than before."""

    falls: ClassVar[bool] = True

    @property
    def guided(self) -> bool:
        """Whether the energy has a say in what comes out."""
        return True

    @property
    def needs_energy(self) -> bool:
        """Whether it asks for energies; one that does not can refine for a network that predicts noise alone."""
        return self.guided

    def draw(self, context: MiningContext, candidates: int, generator: torch.Generator) -> Tensor | None:
        """Return the randomness of every candidate's refinement, (b, m, ...), if it needs any.

        It is drawn with the proposals, so that a step's randomness is complete before its first evaluation.
        """
        return None

    @abstractmethod
    def run(
        self, condition: Any, context: MiningContext, proposals: Float[Tensor, "b *answer"], noise: Tensor | None = None
    ) -> Refined:
        """Return the refined proposals; `noise`: of each, (b, ...), as `draw` returned it."""
