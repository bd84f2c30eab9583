"""A few of many, spread evenly, the first and the last among them."""

import numpy as np


def evenly(count: int, most: int) -> list[int]:
    """Return at most `most` indices of `count` things, spread evenly; the first and the last are among them."""
    if count <= most:
        return list(range(count))
    return [int(index) for index in np.linspace(0, count - 1, most).round()]
