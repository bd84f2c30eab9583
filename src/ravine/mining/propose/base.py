"""The contract of a proposal: where mined points start from, in answer space, inside the bound, given entries held."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.mining.context import MiningContext
from ravine.section import Section


class Propose(Section, ABC):
    """A source of first guesses at wrong answers. `guided`: whether the energy has a say in them."""

    guided: ClassVar[bool] = True

    @property
    def needs_energy(self) -> bool:
        """Whether it asks for energies, and so has nothing to ask of a network that predicts noise alone."""
        return False

    @abstractmethod
    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return `candidates` proposals for every problem of the context."""

    def evaluations(self, context: MiningContext) -> int:
        """Return the energy evaluations that one proposal for one problem takes."""
        return 0

    def start_memory(self, answer_shape: tuple[int, ...], generator: torch.Generator) -> Tensor | None:
        """Return what the proposal remembers before the first step, (capacity, ...), if it remembers anything."""
        return None

    def remember(
        self, memory: Float[Tensor, "capacity *answer"], context: MiningContext, negatives: Float[Tensor, "b s *answer"]
    ) -> Float[Tensor, "capacity *answer"]:
        """Return the memory after a step, or a part of one, whose negatives these are; later parts come first."""
        return memory

    def misfit(self, batch: int) -> str | None:
        """Return "field: what is wrong" where the proposal cannot work on batches of this size."""
        return None
