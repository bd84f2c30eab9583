"""ravine: energy models that reason, and whether mining negatives for them helps."""

from ravine import version

__version__ = version.VERSION
