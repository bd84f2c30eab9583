"""Which of a problem's refined candidates becomes its negative."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor


@runtime_checkable
class Select(Protocol):
    """A choice among the candidates of each problem, row by row."""

    @property
    def candidates(self) -> int:
        """How many candidates every problem is given."""
        ...

    @property
    def needs_energy(self) -> bool:
        """Whether the choice looks at energies."""
        ...

    def __call__(
        self,
        energies: Float[Tensor, "b m"],
        answers: Float[Tensor, "b m *answer"],
        right: Float[Tensor, "b *answer"],
    ) -> Int[Tensor, "b s"]:
        """Return the indices of the chosen candidates."""
        ...


@dataclass(frozen=True)
class Only:
    """The only candidate."""

    candidates: int = 1
    needs_energy: bool = False

    def __call__(
        self,
        energies: Float[Tensor, "b m"],
        answers: Float[Tensor, "b m *answer"],
        right: Float[Tensor, "b *answer"],
    ) -> Int[Tensor, "b s"]:
        """Return index 0 for every problem."""
        return torch.zeros(len(answers), 1, dtype=torch.int64, device=answers.device)
