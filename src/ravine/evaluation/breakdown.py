"""Errors broken down by how ill-conditioned the problems are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ravine.evaluation.score import standard_error

EDGES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, float("inf"))
"""Half decades of the condition number."""


@dataclass(frozen=True)
class Band:
    """The problems with a condition number from `low` to below `high`: how many, their error, its standard error."""

    low: float
    high: float
    problems: int
    mse: float
    standard_error: float | None


def by_condition(condition: NDArray[np.float64], mse: NDArray[np.float64]) -> list[Band]:
    """Return the bands of the condition number that hold problems, with the mean of `mse`, both (problems,)."""
    place = np.digitize(condition, EDGES) - 1
    return [
        Band(EDGES[i], EDGES[i + 1], len(errors := mse[place == i]), float(errors.mean()), standard_error(errors))
        for i in np.unique(place)
    ]
