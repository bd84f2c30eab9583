"""From the trainer's step to the step's mining settings: a pure function, so nothing can get stuck."""

import math
from dataclasses import dataclass, replace
from typing import Literal

from ravine.mining.shares import Mixture


@dataclass(frozen=True)
class MiningSettings:
    """The settings of one step.

    `mixture`: arms with their shares of the batch, summing to 1; `temperature` divides energies in the contrast;
    `weight` multiplies the contrastive term; `active` is false on the steps that every-N leaves out.
    """

    mixture: Mixture
    temperature: float
    weight: float
    active: bool = True


@dataclass(frozen=True)
class Stage:
    """Settings from step `start` on, until the next stage."""

    start: int
    mixture: Mixture
    temperature: float = 1.0
    weight: float = 0.5


@dataclass(frozen=True)
class Decay:
    """Moves the stages' weight to `weight`, which the last of `steps` steps has: evenly, or along half a cosine."""

    weight: float
    steps: int
    course: Literal["linear", "cosine"] = "linear"

    def applied(self, weight: float, step: int) -> float:
        """Return what the stages' weight has become at a step."""
        done = min(1.0, step / max(1, self.steps - 1))
        if self.course == "cosine":
            done = (1 - math.cos(math.pi * done)) / 2
        return (1 - done) * weight + done * self.weight


@dataclass(frozen=True)
class Curriculum:
    """Stages in order, the first from step 0; mining happens on every `every`-th step.

    With `interpolate` the settings move linearly from each stage's start to the next one's; otherwise they jump.
    `decay` moves the weight besides. The only clock is the optimiser step that is passed in.
    """

    stages: tuple[Stage, ...]
    every: int = 1
    interpolate: bool = False
    decay: Decay | None = None

    def settings_at(self, step: int) -> MiningSettings:
        """Return the settings of the optimiser step `step`, from 0."""
        settings = self._staged(step)
        return settings if self.decay is None else replace(settings, weight=self.decay.applied(settings.weight, step))

    def _staged(self, step: int) -> MiningSettings:
        index = max(i for i, stage in enumerate(self.stages) if stage.start <= step)
        stage, active = self.stages[index], step % self.every == 0
        if not self.interpolate or index + 1 == len(self.stages):
            return MiningSettings(stage.mixture, stage.temperature, stage.weight, active)
        after = self.stages[index + 1]
        done = (step - stage.start) / (after.start - stage.start)
        return MiningSettings(
            blended(stage.mixture, after.mixture, done),
            (1 - done) * stage.temperature + done * after.temperature,
            (1 - done) * stage.weight + done * after.weight,
            active,
        )


def blended(first: Mixture, second: Mixture, done: float) -> Mixture:
    """Return the mixture `done` of the way from the first to the second."""
    before, after = dict(first), dict(second)
    names = dict.fromkeys([*before, *after])
    return tuple((name, (1 - done) * before.get(name, 0.0) + done * after.get(name, 0.0)) for name in names)
