"""The next steps of runs that differ in their seeds alone, taken as one program where they can be."""

import warnings
from collections.abc import Hashable, Iterable, Sequence

from ravine.energies.base import Energy
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw
from ravine.training.engines.base import Take
from ravine.training.engines.captured import Captured
from ravine.training.engines.compiled import uncompiled
from ravine.training.engines.seeds import LossesTogether
from ravine.training.loop import Trainer, draw_and_take
from ravine.training.sampler import Plan
from ravine.training.step import Gradient, Stepped, Stepper, gradients_together


class Together:
    """Takes steps of several runs; `apart`: one by one, as where PyTorch cannot map them over runs."""

    def __init__(self) -> None:
        self.apart = False
        self.takes: dict[Hashable, Take] = {}
        self.losses: LossesTogether | None = None

    def step(self, trainers: Iterable[Trainer]) -> dict[int, Stepped | Exception]:
        """Take one step of each run, those of equal plans together; return by `id` what each came to, or its error."""
        groups: dict[tuple[Plan, int | None], list[Trainer]] = {}
        for trainer in trainers:
            plan = trainer.begin()
            alone = id(trainer) if self.apart or trainer.balanced or why_apart(trainer) else None
            groups.setdefault((plan, alone), []).append(trainer)
        found: dict[int, Stepped | Exception] = {}
        for (plan, _), group in groups.items():
            found |= self._group(plan, group)
        return found

    def _group(self, plan: Plan, trainers: Sequence[Trainer]) -> dict[int, Stepped | Exception]:
        """Take the begun steps of runs of one plan."""
        try:
            stepped = [trainers[0].alone(plan)] if len(trainers) == 1 else self._taken(plan, trainers)
            for trainer, one in zip(trainers, stepped, strict=True):
                trainer.end(one)
        except Exception as error:
            return dict.fromkeys(map(id, trainers), error)
        return dict(zip(map(id, trainers), stepped, strict=True))

    def _taken(self, plan: Plan, trainers: Sequence[Trainer]) -> list[Stepped]:
        engine, known = trainers[0].engine.engine, tuple(trainer.take for trainer in trainers)
        if self.losses is None:
            self.losses = LossesTogether(uncompiled(trainers[0].stepper.objective), engine.computed)
        if known not in self.takes:
            self.takes[known] = engine.taking(*(trainer.state.generators for trainer in trainers))
        return self.takes[known](plan, lambda: draw_and_take(trainers, plan, self._gradients))

    def _gradients(
        self, steppers: Sequence[Stepper], draws: Sequence[Draw], settings: MiningSettings
    ) -> list[Gradient]:
        """Return gradients taken together; from the first on that this fails for, one by one: a warning says why."""
        if not self.apart:
            try:
                return gradients_together(steppers, draws, settings, self.losses)
            except Exception as error:
                self.apart = True
                why = str(error).strip().splitlines()[0]
                warnings.warn(f"seeds are not computed together but one by one, {why}", stacklevel=2)
        pairs = zip(steppers, draws, strict=True)
        return [gradients_together([stepper], [draw], settings)[0] for stepper, draw in pairs]


def why_apart(trainer: Trainer) -> str | None:
    """Return why steps of such runs are taken one by one; None if they may be taken together."""
    energy = type(trainer.state.energy)
    if isinstance(trainer.engine.engine, Captured) and energy.draw_variant is not Energy.draw_variant:
        return f"{energy.__name__} draws another number of rounds at every step, and recorded steps do not wait for it"
    return None
