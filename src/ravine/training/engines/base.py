"""The contract of an engine: how steps are computed, never what they are."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from ravine.energies.base import Energy
from ravine.objective import Objective
from ravine.training.step import Stepped

Generators = dict[str, torch.Generator]
"""A run's generators by name; they may be replaced by others of the same state."""
Work = Callable[[], list[Stepped]]
"""Draws and takes a step of each run of a program; what changes from step to step alone lies on the device."""
Take = Callable[[Hashable, Work], list[Stepped]]
"""Takes a step by `work`, or what it remembers of an earlier work of an equal plan."""


def eagerly(plan: Hashable, work: Work) -> list[Stepped]:
    """Take a step by doing its work."""
    return work()


@dataclass(frozen=True)
class Engine(ABC):
    """A way of computing an objective's losses; all of them agree with `eager` but for rounding."""

    name: ClassVar[str]

    @abstractmethod
    def prepared(self, objective: Objective) -> Objective:
        """Return the objective as the engine computes it, its weights shared."""

    def computed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of tensors as the engine computes it."""
        return function

    def taking(self, *generators: Generators) -> Take:
        """Return how whole steps are taken, whose randomness comes from the `generators` of each of their runs."""
        return eagerly

    def misfit(self, energy: Energy[Any], device: torch.device) -> str | None:
        """Return why the engine has nothing to gain of an energy there, or could not compute it; None if it may be."""
        return None
