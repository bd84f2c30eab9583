"""Faults of the step counter, the curriculum, and what they reach."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ravine.build import mining as building
from ravine.doctor.faults.planted import Method, Replacement, fault
from ravine.mining.curriculum import Curriculum, MiningSettings, Stage
from ravine.mining.shares import Share
from ravine.training import sampler
from ravine.training.loop import Trainer
from ravine.training.sampler import Sampler


@dataclass(frozen=True)
class Misled:
    """A curriculum that is asked for another step than the one it is given."""

    inner: Curriculum
    step: Callable[[int], int]

    def settings_at(self, step: int) -> MiningSettings:
        """Return the settings of another step."""
        return self.inner.settings_at(self.step(step))


def misled(change: Callable[[int], int]) -> Method:
    """Return a trainer's step that asks its curriculum for another step."""

    def step(original: Method, self: Trainer) -> Any:
        held = self.curriculum
        self.curriculum = Misled(held, change)  # type: ignore[assignment]
        try:
            return original(self)
        finally:
            self.curriculum = held

    return step


@fault("D101")
def counter_in_the_accumulation_loop() -> list[Replacement]:
    """The counter advances with every accumulated part, so that the curriculum runs fast."""

    def step(original: Method, self: Trainer) -> Any:
        result = original(self)
        self.state.step += self.stepper.accumulation - 1
        return result

    return [(Trainer, "step", step)]


@fault("D101")
def counter_stuck_at_zero() -> list[Replacement]:
    """The counter never advances, so that the curriculum never moves."""

    def step(original: Method, self: Trainer) -> Any:
        before = self.state.step
        result = original(self)
        self.state.step = before
        return result

    return [(Trainer, "step", step)]


@fault("D102")
def curriculum_not_told_the_step() -> list[Replacement]:
    """The trainer asks its curriculum for step 0 at every step."""
    return [(Trainer, "step", misled(lambda step: 0))]


@fault("D102")
def curriculum_counts_batches_of_its_own() -> list[Replacement]:
    """The trainer asks its curriculum with a clock that runs three times too fast."""
    return [(Trainer, "step", misled(lambda step: 3 * step))]


@fault("D103")
def counter_not_restored() -> list[Replacement]:
    """A resumed training counts from 0 again, so that the curriculum restarts."""

    def resume(original: Method, self: Trainer) -> None:
        original(self)
        self.state.step = 0

    return [(Trainer, "resume", resume)]


@fault("D104")
def miner_never_called() -> list[Replacement]:
    """Batches are drawn without any arm's proposals."""

    def draw(original: Method, self: Sampler, *args: Any) -> Any:
        return replace(original(self, *args), arms=())

    return [(Sampler, "draw", draw)]


@fault("D104")
def miner_called_at_the_first_step_alone() -> list[Replacement]:
    """Mining happens at step 0 and is then left out."""

    def draw(original: Method, self: Sampler, step: int, *args: Any) -> Any:
        drawn = original(self, step, *args)
        return drawn if step == 0 else replace(drawn, arms=())

    return [(Sampler, "draw", draw)]


@fault("D201", overrides=("mining.curriculum=anneal",))
def curriculum_absent() -> list[Replacement]:
    """The configured stages are not handed on; the first stage holds for ever."""

    def curriculum(original: Method, config: Any) -> Curriculum:
        made: Curriculum = original(config)
        return replace(made, stages=made.stages[:1])

    from ravine.build import training

    return [(building, "curriculum", curriculum), (training, "curriculum", curriculum)]


@fault("D201", overrides=("mining.curriculum=anneal",))
def curriculum_never_moves() -> list[Replacement]:
    """The curriculum looks at a step that is always 0."""

    def settings_at(original: Method, self: Curriculum, step: int) -> MiningSettings:
        settings: MiningSettings = original(self, 0)
        return replace(settings, active=step % self.every == 0)

    return [(Curriculum, "settings_at", settings_at)]


@fault("D201", overrides=("mining.curriculum=warm-up",))
def boundaries_in_the_wrong_unit() -> list[Replacement]:
    """Stages begin ten steps late."""

    def settings_at(original: Method, self: Curriculum, step: int) -> Any:
        late = tuple(Stage(s.start + 10 * (s.start > 0), s.mixture, s.temperature, s.weight) for s in self.stages)
        return original(replace(self, stages=late), step)

    return [(Curriculum, "settings_at", settings_at)]


@fault("D203")
def always_clean() -> list[Replacement]:
    """As soon as a mixture has rows without mining, all rows are."""

    def shares(original: Method, mixture: Any, size: int, step: int) -> Any:
        if "none" in dict(mixture):
            return (Share("none", slice(0, size)),)
        return original(mixture, size, step)

    return [(sampler, "shares", shares)]


@fault("D203")
def mixture_ignored() -> list[Replacement]:
    """Every row goes to the mixture's first arm."""

    def shares(original: Method, mixture: Any, size: int, step: int) -> tuple[Share, ...]:
        return (Share(mixture[0][0], slice(0, size)),)

    return [(sampler, "shares", shares)]


@fault("D206")
def every_ignored() -> list[Replacement]:
    """Mining happens on every step, whatever `every` says."""

    def settings_at(original: Method, self: Curriculum, step: int) -> MiningSettings:
        settings: MiningSettings = original(self, step)
        return replace(settings, active=True)

    return [(Curriculum, "settings_at", settings_at)]
