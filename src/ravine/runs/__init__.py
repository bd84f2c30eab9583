"""One run: trained, scored on the fixed test sets, read back for use; and what its directory keeps of it."""

from ravine.runs.loading import USE_SECTIONS, LoadedRun, load
from ravine.runs.scoring import budgets, landscapes, score_splits, split_names
from ravine.runs.together import train_together
from ravine.runs.training import train, train_seconds

__all__ = [
    "USE_SECTIONS",
    "LoadedRun",
    "budgets",
    "landscapes",
    "load",
    "score_splits",
    "split_names",
    "train",
    "train_seconds",
    "train_together",
]
