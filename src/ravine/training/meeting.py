"""Where runs that differ in their seeds meet at every step, so that one program takes the steps of all of them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ravine.training.loop import Trainer
from ravine.training.step import Stepped
from ravine.training.together import Together, why_apart


class Meeting:
    """Runs of an arm in `size` threads of one process, of which one computes at a time, each within `attended`.

    A run calls `step` for its next step and waits there; when all have come, everybody's is taken. A run that leaves is
    waited for no longer; what the others do does not change by that.
    """

    def __init__(self, size: int) -> None:
        self.turn = threading.Condition()
        self.size = size
        self.come: list[Trainer] = []
        self.left: set[threading.Thread] = set()
        self.taken: dict[int, Stepped | Exception] = {}
        self.together = Together()

    def add(self, trainer: Trainer) -> dict[str, str]:
        """Take a run's steps here from now on; return what its environment says of that."""
        trainer.meet = self.step
        why = why_apart(trainer)
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

    def step(self, trainer: Trainer) -> Stepped:
        """Return what the trainer's next step came to, taken when every other run has come for its own."""
        self.come.append(trainer)
        self._go_on()
        self.turn.wait_for(lambda: id(trainer) in self.taken)
        stepped = self.taken.pop(id(trainer))
        if isinstance(stepped, Exception):
            raise stepped
        return stepped

    def _leave(self) -> None:
        self.left.add(threading.current_thread())
        self._go_on()
        self.turn.notify_all()

    def _go_on(self) -> None:
        """Take everybody's step if all have come."""
        if self.come and len(self.come) + len(self.left) == self.size:
            trainers, self.come = sorted(self.come, key=lambda each: each.config["seed"]), []
            self.taken = self.together.step(trainers)
            self.turn.notify_all()
