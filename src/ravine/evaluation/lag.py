"""Whether the averaged weights, which are scored, lag behind the raw ones: both are validated at the end of a run."""

AVERAGED, RAW = "averaged", "raw"
LIMIT = 1.2
"""The averaged weights' error over the raw ones' from which a report says so."""
ADVICE = "train longer, or lower average.decay or average.every"


def lag(averaged: float, raw: float) -> float | None:
    """Return the averaged weights' error over the raw ones' where it is `LIMIT` or more; None where one is nan."""
    return averaged / raw if raw > 0 and averaged >= LIMIT * raw else None
