"""How this process was started: alone, or as one of several that a launcher such as torchrun starts."""

import os

from ravine.errors import RunError


def require_alone() -> None:
    """Raise a `RunError` in one of several processes: each would train and write the same run."""
    size, rank = (os.environ.get(name, "") for name in ("WORLD_SIZE", "RANK"))
    if (size.isdigit() and int(size) > 1) or (rank.isdigit() and int(rank) > 0):
        raise RunError(
            f"started as one of several processes (RANK={rank or '?'}, WORLD_SIZE={size or '?'}), but a run is one "
            "process on one device; start ravine without torchrun, or with WORLD_SIZE and RANK unset"
        )
