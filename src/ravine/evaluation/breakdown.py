"""Errors broken down by how ill-conditioned the problems are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ravine.evaluation.score import Measured

EDGES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, float("inf"))
"""Half decades of the condition number."""


@dataclass(frozen=True)
class Band:
    """The problems with a condition number from `low` to below `high`: how many, a metric and its standard error."""

    low: float
    high: float
    problems: int
    value: float
    standard_error: float | None


def by_condition(condition: NDArray[np.float64], values: NDArray[np.float64]) -> list[Band]:
    """Return the bands of the condition number that hold problems, with the mean of a metric, both (problems,)."""
    place = np.digitize(condition, EDGES) - 1
    bands = [(EDGES[i], EDGES[i + 1], Measured(values[place == i])) for i in np.unique(place)]
    return [Band(low, high, len(inside.values), inside.mean, inside.standard_error) for low, high, inside in bands]
