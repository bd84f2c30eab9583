"""Which rows of a batch each arm of a mixture works on, in exact proportion."""

from dataclasses import dataclass

Mixture = tuple[tuple[str, float], ...]
"""Arms with their shares, summing to 1."""

LAYOUT_ROWS = 128


@dataclass(frozen=True)
class Share:
    """The rows of a batch that one arm works on, from `start` on and before `stop`."""

    arm: str
    start: int
    stop: int

    @property
    def rows(self) -> slice:
        """The rows as what picks them."""
        return slice(self.start, self.stop)


def shares(mixture: Mixture, size: int, step: int) -> tuple[Share, ...]:
    """Return which rows of the `step`-th batch of `size` problems belong to which arm.

    Rows are numbered through all steps and laid out in blocks of at least 128; within a block each arm has one range,
    and the ranges' lengths follow the shares to within one row over any number of blocks.
    """
    steps = -(-LAYOUT_ROWS // size)
    block, offset, rows = step // steps, step % steps * size, steps * size
    result, start, cumulative = [], 0, 0.0
    for arm, share in mixture:
        cumulative += share
        stop = max(start, rows_until(cumulative, block + 1, rows) - rows_until(cumulative, block, rows))
        low, high = max(start, offset), min(stop, offset + size)
        if low < high:
            result.append(Share(arm, low - offset, high - offset))
        start = stop
    return tuple(result)


def rows_until(cumulative: float, block: int, rows: int) -> int:
    """Return how many of the first `block` blocks of `rows` rows lie below the `cumulative` share."""
    return int(cumulative * rows * block + 1e-6)
