"""What energies share that are read from rounds of one set of weights: their number may vary, training may draw it."""

from abc import ABC
from copy import copy
from typing import Any, TypeVar

import torch
from pydantic import model_validator

from ravine.energies.base import Condition, Energy, EnergyConfig
from ravine.section import Count

C = TypeVar("C", bound=Condition)
Same = TypeVar("Same", bound="TiedRounds[Any]")


class TiedRounds(Energy[C]):
    """An energy read from `rounds` tied rounds; where `least_rounds` is set, each training step draws their number."""

    rounds: int
    least_rounds: int | None = None

    def draw_variant(self, generator: torch.Generator) -> int | None:
        """Return a number of rounds for one training step, uniform from the least to the most; None if it is fixed."""
        if self.least_rounds is None:
            return None
        drawn = torch.randint(self.least_rounds, self.rounds + 1, (), generator=generator, device=generator.device)
        return int(drawn)

    def varied(self: Same, variant: int | None) -> Same:
        """Return the same energy, its weights shared, with the drawn number of rounds."""
        return self if variant is None else self.with_rounds(variant)

    def with_rounds(self: Same, rounds: int) -> Same:
        """Return the same energy, its weights shared, with another number of rounds."""
        other = copy(self)
        other.rounds = rounds
        return other


class RoundsConfig(EnergyConfig, ABC):
    """The configuration of an energy whose training draws the number of rounds."""

    rounds: Count
    """Rounds, of one set of weights: the most in training, and those of solving unless `solve.rounds` says more."""
    least_rounds: Count
    """The least rounds in training, where every step draws their number."""

    @model_validator(mode="after")
    def _least_is_least(self) -> "RoundsConfig":
        if self.least_rounds > self.rounds:
            raise ValueError(f"least_rounds = {self.least_rounds} is more than rounds = {self.rounds}")
        return self
