"""The learning rate as a pure function of the step."""

import math
from dataclasses import dataclass
from typing import Literal

Schedule = Literal["constant", "cosine", "linear"]


@dataclass(frozen=True)
class LearningRate:
    """`peak` after `warmup` steps of linear rise, then constant or falling to 0 at `steps`, as a cosine or a line."""

    peak: float
    steps: int
    warmup: int = 0
    schedule: Schedule = "constant"

    def at(self, step: int) -> float:
        """Return the rate of optimiser step `step`, from 0."""
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        done = max(0.0, (step - self.warmup) / max(1, self.steps - self.warmup))
        fall = {"constant": 1.0, "cosine": (1 + math.cos(math.pi * done)) / 2, "linear": 1 - done}[self.schedule]
        return self.peak * rise * fall
