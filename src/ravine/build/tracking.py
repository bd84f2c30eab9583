"""A run's trackers."""

from ravine.config.schema import TRACKERS, RunConfig
from ravine.registry import External
from ravine.training.callbacks import Callbacks


def require_trackers(config: RunConfig) -> None:
    """Raise a `ConfigurationError` for a tracker whose package is not installed here."""
    for tracker in config.tracking:
        if not isinstance(tracker, External):
            tracker.require()


def trackers(config: RunConfig) -> dict[str, Callbacks]:
    """Return the callbacks of a run's trackers, by name; a `ConfigurationError` for one that cannot be made."""
    require_trackers(config)
    made = {}
    for index, tracker in enumerate(config.tracking):
        if isinstance(tracker, External):
            made[TRACKERS.path_of(tracker)] = TRACKERS.made(tracker, f"tracking.{index}", Callbacks)
        else:
            made[str(getattr(tracker, TRACKERS.tag))] = tracker.callbacks()
    return made
