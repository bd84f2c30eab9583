"""ravine's own training stopped and taken up again, beside one that never stopped."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ravine.doctor.shown import Resumed
from ravine.training.callbacks import Callbacks
from ravine.training.loop import Trainer

Make = Callable[..., Trainer]
"""(directory, callbacks, **fields changed) -> trainer."""


def trained_twice(make: Make, steps: int, stop_at: int) -> Resumed:
    """Train for `steps` steps in two directories, in one of them with a stop and a resume after `stop_at`."""
    changes: dict[str, Any] = {"training.checkpoint_every": 0, "training.validate_every": 0, "training.log_every": 1}
    changes["training.steps"] = steps
    with claimed(make, None, changes) as (whole, _):
        whole.run()
        every = {name: value.clone() for name, value in whole.state.tensors().items()}
    with claimed(make, stop_at, changes) as (first, folder):
        first.run()
        second = make(folder, None, **changes)
        second.resume()
        clock = second.state.step
        second.run()
        again = second.state.tensors()
    return Resumed(steps, (whole.state.step, second.state.step), clock, stop_at, every, again)


@contextmanager
def claimed(make: Make, stop_at: int | None, changes: dict[str, Any]) -> Iterator[tuple[Trainer, Path]]:
    """Yield a trainer in a directory that is gone afterwards; it is told to stop after `stop_at` steps."""
    taken = 0

    def count(_: int) -> None:
        nonlocal taken
        taken += 1

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        callbacks = Callbacks(on_step=count, stop=lambda: stop_at is not None and taken + 1 >= stop_at)
        made = make(folder, callbacks, **changes)
        made.directory.claim(made.config)
        yield made, folder
