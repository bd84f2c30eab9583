"""The engine that computes operation by operation, as the library is written: the one that all others agree with."""

from dataclasses import dataclass
from typing import ClassVar

from ravine.objective import Objective
from ravine.training.engines.base import Engine


@dataclass(frozen=True)
class Eager(Engine):
    """Every operation by itself."""

    name: ClassVar[str] = "eager"

    def prepared(self, objective: Objective) -> Objective:
        """Return the objective itself."""
        return objective
