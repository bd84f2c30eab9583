"""Faults of the step counter, the curriculum, and what they reach."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ravine.build import mining as building
from ravine.build import training
from ravine.doctor.faults.planted import Method, Replacement, fault, method
from ravine.mining.curriculum import Curriculum, MiningSettings
from ravine.mining.shares import Share
from ravine.training import sampler
from ravine.training.loop import Trainer
from ravine.training.sampler import Sampler

BUILT = (method(building, "curriculum"), method(training, "curriculum"))


@dataclass(frozen=True)
class Misled:
    """A curriculum that is asked for another step than the one it is given."""

    inner: Curriculum
    step: Callable[[int], int]

    def settings_at(self, step: int) -> MiningSettings:
        """Return the settings of another step."""
        return self.inner.settings_at(self.step(step))


def misled(change: Callable[[int], int]) -> list[Replacement]:
    """Return the replacement by which a trainer asks its curriculum for another step: (step) -> step."""

    def step(original: Method, self: Trainer) -> Any:
        held = self.curriculum
        self.curriculum = Misled(held, change)  # type: ignore[assignment]
        try:
            return original(self)
        finally:
            self.curriculum = held

    return [(Trainer, "step", step)]


@fault("D101", method(Trainer, "step"))
def counter_in_the_accumulation_loop(original: Method, self: Trainer) -> Any:
    """The counter advances with every accumulated part, so that the curriculum runs fast."""
    result = original(self)
    self.state.step += self.stepper.accumulation - 1
    return result


@fault("D101", method(Trainer, "step"))
def counter_stuck_at_zero(original: Method, self: Trainer) -> Any:
    """The counter never advances, so that the curriculum never moves."""
    before = self.state.step
    result = original(self)
    self.state.step = before
    return result


@fault("D102", misled)
def curriculum_not_told_the_step(step: int) -> int:
    """The trainer asks its curriculum for step 0 at every step."""
    return 0


@fault("D102", misled)
def curriculum_counts_batches_of_its_own(step: int) -> int:
    """The trainer asks its curriculum with a clock that runs three times too fast."""
    return 3 * step


@fault("D516", method(Trainer, "resume"))
def counter_not_restored(original: Method, self: Trainer) -> None:
    """A resumed training counts from 0 again, so that the curriculum restarts."""
    original(self)
    self.state.step = 0


@fault("D104", method(Sampler, "planned"))
def miner_never_called(original: Method, self: Sampler, *args: Any) -> Any:
    """Batches are drawn without any arm's proposals."""
    return replace(original(self, *args), arms=())


@fault("D104", method(Sampler, "plan"))
def miner_called_at_the_first_step_alone(original: Method, self: Sampler, step: int, *args: Any) -> Any:
    """Mining happens at step 0 and is then left out."""
    plan = original(self, step, *args)
    return plan if step == 0 else replace(plan, shares=())


@fault("D201", *BUILT, overrides=("mining.curriculum=anneal",))
def curriculum_absent(original: Method, config: Any) -> Curriculum:
    """The configured stages are not handed on; the first stage holds for ever."""
    made: Curriculum = original(config)
    return replace(made, stages=made.stages[:1])


@fault("D201", *BUILT, overrides=("mining.curriculum=anneal",))
def curriculum_never_moves(original: Method, config: Any) -> Curriculum:
    """The curriculum stays in its first stage."""
    return delayed(original(config), 10**9)


@fault("D201", *BUILT, overrides=("mining.curriculum=warm-up",))
def boundaries_in_the_wrong_unit(original: Method, config: Any) -> Curriculum:
    """Stages begin ten steps late."""
    return delayed(original(config), 10)


def delayed(made: Curriculum, steps: int) -> Curriculum:
    """Return a curriculum whose later stages begin so many steps later."""
    return replace(made, stages=tuple(replace(s, start=s.start + steps * (s.start > 0)) for s in made.stages))


@fault("D203", method(sampler, "shares"))
def always_clean(original: Method, mixture: Any, size: int, step: int) -> Any:
    """As soon as a mixture has rows without mining, all rows are."""
    if "none" in dict(mixture):
        return (Share("none", 0, size),)
    return original(mixture, size, step)


@fault("D203", method(sampler, "shares"))
def mixture_ignored(original: Method, mixture: Any, size: int, step: int) -> tuple[Share, ...]:
    """Every row goes to the mixture's first arm."""
    return (Share(mixture[0][0], 0, size),)


@fault("D104", method(Curriculum, "settings_at"))
def every_ignored(original: Method, self: Curriculum, step: int) -> MiningSettings:
    """Mining happens on every step, whatever `every` says."""
    settings: MiningSettings = original(self, step)
    return replace(settings, active=True)
