"""A run's own callbacks and its trackers as one; a tracker that fails is left out, and said, and ends nothing."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ravine.training.callbacks import Began, Callbacks, Ended
from ravine.training.directory import RunDirectory


@dataclass
class Watch:
    """Trackers by name, each called until it fails for the first time."""

    trackers: dict[str, Callbacks]
    directory: RunDirectory
    step: int = field(default=0, init=False)

    def joined(self, own: Callbacks) -> Callbacks:
        """Return callbacks that call the run's own first, and then every tracker."""

        def on_start(began: Began) -> None:
            self.step = began.step
            own.on_start(began)
            self.call(lambda each: each.on_start(began))

        def on_step(step: int) -> None:
            self.step = step
            own.on_step(step)
            self.call(lambda each: each.on_step(step))

        def on_row(row: Mapping[str, Any]) -> None:
            own.on_row(row)
            self.call(lambda each: each.on_row(row))

        def on_end(ended: Ended) -> None:
            own.on_end(ended)
            self.call(lambda each: each.on_end(ended))

        return Callbacks(on_step, on_row, own.stop, own.save, on_start, on_end)

    def call(self, one: Callable[[Callbacks], object]) -> None:
        """Call every tracker; leave out one that fails, whatever it raises: training is worth more than its curves."""
        for name, tracker in list(self.trackers.items()):
            try:
                one(tracker)
            except Exception as error:
                del self.trackers[name]
                why = " ".join(f"{type(error).__name__}: {error}".split())
                self.tell(f"{name} stopped at step {self.step} ({why}); the run went on without it")

    def tell(self, line: str) -> None:
        """Say which tracker failed, at once and in the run's status."""
        print(f"ravine: tracking: {line}", file=sys.stderr)
        status = self.directory.status()
        fixed = {key: status.pop(key) for key in ("state", "step", "seconds")}
        self.directory.set_status(**fixed, **{**status, "untracked": [*status.get("untracked", ()), line]})
