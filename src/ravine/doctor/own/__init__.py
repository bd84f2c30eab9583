"""ravine's own training as the doctor sees it: from a configuration, from a run's directory, or trained a little."""

from ravine.doctor.own.logged import Logged, with_history
from ravine.doctor.own.pipeline import Own
from ravine.doctor.own.run import OwnRun

__all__ = ["Logged", "Own", "OwnRun", "with_history"]
