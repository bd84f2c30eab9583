"""The contract of an engine: how a step's losses are computed, never what they are."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from ravine.energies.base import Energy
from ravine.objective import Objective


@dataclass(frozen=True)
class Engine(ABC):
    """A way of computing an objective's losses; all of them agree with `eager` but for rounding."""

    name: ClassVar[str]

    @abstractmethod
    def prepared(self, objective: Objective) -> Objective:
        """Return the objective as the engine computes it, its weights shared."""

    def misfit(self, energy: Energy[Any]) -> str | None:
        """Return why the engine has nothing to gain of an energy, or could not compute it; None if it may be tried."""
        return None
