"""A short run of ravine's own, trained here and now, with the log that it wrote."""

import tempfile
from pathlib import Path

from ravine import build
from ravine.config.schema import RunConfig
from ravine.doctor.own.configured import changed, small
from ravine.doctor.own.pipeline import Own
from ravine.doctor.shown import History


class Logged(Own):
    """A training with a log."""

    found: History = History(())

    def history(self) -> History:
        """Return the log."""
        return self.found


def with_history(config: RunConfig, steps: int) -> Logged:
    """Train `steps` steps of a configuration on small batches and return the pipeline with its weights and log."""
    times = {"training.steps": steps, "training.log_every": 5, "training.validate_every": max(1, steps // 3)}
    flat = {"optimizer.schedule": "constant", "optimizer.warmup": 0, "average.every": 1, "average.decay": 0.5}
    chosen = changed(small(config), {**times, **flat, "training.validation_problems": 64})
    with tempfile.TemporaryDirectory() as place:
        trainer = build.trainer(chosen, Path(place) / "run")
        trainer.directory.claim(trainer.config)
        trainer.run()
        rows = trainer.directory.rows()
    weights = {name: value.clone() for name, value in trainer.state.energy.state_dict().items()}
    made = Logged(config, weights, steps, f"{steps} steps")
    made.found = History(rows, cost=made.task().metrics()[0].cost)
    return made
