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
    """All `candidates` there are: the only one, or several at once for a contrast of many negatives."""

    candidates: int = 1
    needs_energy: bool = False

    def __call__(
        self,
        energies: Float[Tensor, "b m"],
        answers: Float[Tensor, "b m *answer"],
        right: Float[Tensor, "b *answer"],
    ) -> Int[Tensor, "b s"]:
        """Return every index for every problem."""
        return torch.arange(answers.shape[1], device=answers.device).expand(answers.shape[0], -1)


@dataclass(frozen=True)
class Lowest:
    """The candidate of lowest energy."""

    candidates: int
    needs_energy: bool = True

    def __call__(
        self,
        energies: Float[Tensor, "b m"],
        answers: Float[Tensor, "b m *answer"],
        right: Float[Tensor, "b *answer"],
    ) -> Int[Tensor, "b s"]:
        """Return each row's index of lowest energy, (b, 1)."""
        return energies.argmin(1, keepdim=True)


@dataclass(frozen=True)
class MostDeceptive:
    """The candidate of low energy far from right: the greatest weight * z(distance) - z(energy).

    z standardises over the candidates of one problem; `weight` 0 is `Lowest`. Distance: root mean square over entries.
    """

    candidates: int
    weight: float = 1.0
    needs_energy: bool = True

    def __call__(
        self,
        energies: Float[Tensor, "b m"],
        answers: Float[Tensor, "b m *answer"],
        right: Float[Tensor, "b *answer"],
    ) -> Int[Tensor, "b s"]:
        """Return each row's index of the highest score, (b, 1)."""
        distance = (answers - right[:, None]).flatten(2).square().mean(2).sqrt()
        score = self.weight * standardised(distance) - standardised(energies)
        return score.argmax(1, keepdim=True)


def standardised(values: Float[Tensor, "b m"]) -> Float[Tensor, "b m"]:
    """Return each row minus its mean, over its standard deviation; a row of equal values becomes zeros."""
    centred = values - values.mean(1, keepdim=True)
    spread = centred.square().mean(1, keepdim=True).sqrt()
    return torch.where(spread > 0, centred / spread, torch.zeros_like(centred))
