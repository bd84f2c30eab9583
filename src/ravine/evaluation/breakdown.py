"""Scores broken down by how hard the problems are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ravine.batch import Batch
from ravine.errors import InputError
from ravine.evaluation.score import Measured
from ravine.tasks.base import Conditioned, Strata, Stratified, Task

EDGES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, float("inf"))
"""Half decades of the condition number."""


@dataclass(frozen=True)
class Band:
    """The problems whose value lies from `low` to below `high`: how many, a metric and its standard error."""

    low: float
    high: float
    problems: int
    value: float
    standard_error: float | None


def strata_of(task: Task, batch: Batch) -> Strata:
    """Return what a task's problems are told apart by; an `InputError` where there is nothing."""
    if isinstance(task, Stratified):
        return task.strata(batch)
    if isinstance(task, Conditioned):
        return Strata("condition number", task.condition_number(batch.x), EDGES)
    raise InputError(f"--by-condition: problems of task {task.name!r} have no condition number, and no other bands")


def in_bands(of: NDArray[np.float64], edges: Sequence[float], values: NDArray[np.float64]) -> list[Band]:
    """Return the bands of `of` that hold problems, with the mean of a metric, `values`, both (problems,)."""
    place = np.digitize(of, edges) - 1
    bands = [(edges[i], edges[i + 1], Measured(values[place == i])) for i in np.unique(place)]
    return [Band(low, high, len(inside.values), inside.mean, inside.standard_error) for low, high, inside in bands]
