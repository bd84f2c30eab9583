"""From the trainer's step to the step's mining settings: a pure function, so nothing can get stuck."""

from dataclasses import dataclass

Mixture = tuple[tuple[str, float], ...]
LAYOUT_ROWS = 128


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
class Curriculum:
    """Stages in order, the first from step 0; mining happens on every `every`-th step.

    The only clock is the optimiser step that is passed in.
    """

    stages: tuple[Stage, ...]
    every: int = 1

    def settings_at(self, step: int) -> MiningSettings:
        """Return the settings of the optimiser step `step`, from 0."""
        stage = [stage for stage in self.stages if stage.start <= step][-1]
        return MiningSettings(stage.mixture, stage.temperature, stage.weight, step % self.every == 0)


def constant(arm: str, weight: float = 0.5, temperature: float = 1.0, every: int = 1) -> Curriculum:
    """Return the curriculum of one arm, all the time."""
    return Curriculum((Stage(0, ((arm, 1.0),), temperature, weight),), every)


@dataclass(frozen=True)
class Share:
    """The rows of a batch that one arm works on."""

    arm: str
    rows: slice


def shares(mixture: Mixture, size: int, step: int) -> tuple[Share, ...]:
    """Return which rows of the `step`-th batch of `size` problems belong to which arm.

    Rows are numbered through all steps and laid out in blocks of at least 128; within a block each arm has one
    range, and the ranges' lengths follow the shares to within one row over any number of blocks.
    """
    steps = -(-LAYOUT_ROWS // size)
    block, offset = step // steps, step % steps * size
    result, start, cumulative = [], 0, 0.0
    for arm, share in mixture:
        cumulative += share
        stop = max(start, rows_until(cumulative, block + 1, steps * size) - rows_until(cumulative, block, steps * size))
        low, high = max(start, offset), min(stop, offset + size)
        if low < high:
            result.append(Share(arm, slice(low - offset, high - offset)))
        start = stop
    return tuple(result)


def rows_until(cumulative: float, block: int, rows: int) -> int:
    """Return how many of the first `block` blocks of `rows` rows lie below the `cumulative` share."""
    return int(cumulative * rows * block + 1e-6)
