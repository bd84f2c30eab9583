"""Where runs that differ in their seeds meet at every step, so that one program takes the steps of all of them."""

import threading
import warnings
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager

from ravine.energies.base import Energy
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw
from ravine.training.engines.base import Take
from ravine.training.engines.captured import Captured
from ravine.training.engines.compiled import Compiled
from ravine.training.loop import Trainer, taken_together
from ravine.training.sampler import Plan
from ravine.training.step import Gradient, Stepped, Stepper, gradients_together


class Meeting:
    """Runs of an arm in `size` threads of one process, of which one computes at a time, each within `attended`.

    A run calls `step` for its next step and waits there. When all have come, those whose plans are equal are taken
    together. A run that leaves is waited for no longer; what the others do does not change by that.
    """

    def __init__(self, size: int) -> None:
        self.turn = threading.Condition()
        self.size = size
        self.come: list[Trainer] = []
        self.left: set[threading.Thread] = set()
        self.taken: dict[int, Stepped | Exception] = {}
        self.takes: dict[Hashable, Take] = {}
        self.apart = False
        """Whether every run's steps are taken by themselves, as where PyTorch cannot map them over runs."""

    def add(self, trainer: Trainer) -> dict[str, str]:
        """Take a run's steps here from now on; return what its environment says of that."""
        trainer.meet = self.step
        why = why_apart(trainer)
        self.apart = self.apart or why is not None
        return {"together": f"{self.size} seeds" if why is None else f"no, {why}"}

    @contextmanager
    def attended(self) -> Iterator[None]:
        """Have the turn, and be waited for when it is given away, for as long as the block lasts."""
        with self.turn:
            try:
                yield
            finally:
                self._leave()

    def leave(self) -> None:
        """Be waited for no longer, and return when no other run is waited for: what is scored delays no step."""
        self._leave()
        self.turn.wait_for(lambda: self.size == len(self.left))

    def _leave(self) -> None:
        self.left.add(threading.current_thread())
        self._go_on()
        self.turn.notify_all()

    def step(self, trainer: Trainer) -> Stepped:
        """Return what the trainer's next step came to, taken when every other run has come for its own."""
        self.come.append(trainer)
        self._go_on()
        self.turn.wait_for(lambda: id(trainer) in self.taken)
        stepped = self.taken.pop(id(trainer))
        if isinstance(stepped, Exception):
            raise stepped
        return stepped

    def _go_on(self) -> None:
        """Take everybody's step if all have come."""
        if not self.come or len(self.come) + len(self.left) < self.size:
            return
        trainers, self.come = sorted(self.come, key=lambda each: each.config["seed"]), []
        together: dict[Plan, list[Trainer]] = {}
        for trainer in trainers:
            together.setdefault(trainer.begin(), []).append(trainer)
        for plan, some in together.items():
            try:
                self.taken |= zip(map(id, some), self._steps(some, plan), strict=True)
            except Exception as error:
                self.taken |= dict.fromkeys(map(id, some), error)
        self.turn.notify_all()

    def _steps(self, trainers: list[Trainer], plan: Plan) -> list[Stepped]:
        if len(trainers) == 1 or self.apart or trainers[0].balanced:
            stepped = [trainer.alone(plan) for trainer in trainers]
        else:
            known = tuple(trainer.take for trainer in trainers)
            if known not in self.takes:
                taking = trainers[0].engine.engine.taking
                self.takes[known] = taking(*(trainer.state.generators for trainer in trainers))
            stepped = self.takes[known](plan, lambda: taken_together(trainers, plan, self._gradients))
        for trainer, one in zip(trainers, stepped, strict=True):
            trainer.end(one)
        return stepped

    def _gradients(
        self, steppers: Sequence[Stepper], draws: Sequence[Draw], settings: MiningSettings
    ) -> list[Gradient]:
        """Return gradients taken together; from the first on that this fails for, one by one: a warning says why."""
        if not self.apart:
            try:
                return gradients_together(steppers, draws, settings)
            except Exception as error:
                self.apart = True
                why = str(error).strip().splitlines()[0]
                warnings.warn(f"seeds are not computed together but one by one, {why}", stacklevel=2)
        pairs = zip(steppers, draws, strict=True)
        return [gradients_together([stepper], [draw], settings)[0] for stepper, draw in pairs]


def why_apart(trainer: Trainer) -> str | None:
    """Return why steps of such runs are taken one by one; None if they may be taken together."""
    engine, energy = trainer.engine.engine, type(trainer.state.energy)
    if isinstance(engine, Compiled):
        return "compiled steps are taken one by one"
    if isinstance(engine, Captured) and energy.draw_variant is not Energy.draw_variant:
        return f"{energy.__name__} draws another number of rounds at every step, and recorded steps do not wait for it"
    return None
