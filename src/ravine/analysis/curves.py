"""A run's validation scores against what they had cost, read from its metrics."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ravine.analysis.measure import Measure, Measures
from ravine.analysis.upgrade import MSE
from ravine.errors import RunError
from ravine.training.directory import RunDirectory

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Validation scores of one run in the order of training, each field (points,).

    `evaluations`: energy evaluations so far; `seconds`: of training so far, validations included; `costs`: of the
    validated metric `measure`, each with a place on its scale.
    """

    evaluations: FloatArray
    seconds: FloatArray
    costs: FloatArray
    measure: Measure

    def transformed_at(self, by: str, budget: FloatArray) -> FloatArray:
        """Return transformed costs at budgets of `by` ("evaluations" or "seconds").

        They are linear between points on the metric's scale, hence logarithmic in errors, and constant beyond.
        """
        return np.interp(budget, getattr(self, by), self.measure.scale.transform(self.costs))


def read_curve(directory: RunDirectory, split: str, measures: Measures) -> Curve | None:
    """Return a run's curve on a split; None without a validation on it. A `RunError` names an unreadable line.

    `measures`: the metrics that the run records, the validated one among them.

    Of the many rows only validations and their neighbours are parsed: a study has a thousand files of them.
    """
    if not directory.metrics.exists():
        return None
    rows = rows_near_validations(directory)
    steps = [row for row in rows if "evaluations" in row]
    validated = [row for row in rows if split in row.get("validation", {})]
    if not (steps and validated):
        return None
    measure = measures[validated[0].get("metric", MSE)]
    scale, values = measure.scale, [(row["step"], row["validation"][split]) for row in validated]
    finite = [(at, measure.cost(value)) for at, value in values if is_finite(value)]
    scored = [(at, cost) for at, cost in finite if scale.fault(cost) is None]
    if not scored:
        return None
    start = {"step": 0, "evaluations": 0, "seconds": 0.0}
    steps = [start, *steps]
    clock = np.array([row["step"] for row in steps], dtype=np.float64)
    when, costs = np.array(scored, dtype=np.float64).T
    return Curve(
        np.interp(when, clock, np.array([row["evaluations"] for row in steps], dtype=np.float64)),
        np.interp(when, clock, np.array([row["seconds"] for row in steps], dtype=np.float64)),
        costs,
        measure,
    )


def rows_near_validations(directory: RunDirectory) -> list[dict[str, Any]]:
    """Return a run's validations and the rows beside them, in order; a line that was cut off at the end is left out."""
    lines = directory.metrics.read_bytes().split(b"\n")[:-1]
    at = [index for index, line in enumerate(lines) if b'"validation"' in line]
    near = sorted({each for index in at for each in (*beside(lines, index), index)})
    try:
        rows: list[dict[str, Any]] = json.loads(b"[%s]" % b",".join(lines[index] for index in near))
    except ValueError:
        rows = []
    return rows if len(rows) == len(near) else [parsed(directory, lines[index], index) for index in near]


def beside(lines: Sequence[bytes], index: int) -> Iterator[int]:
    """Yield which lines beside a validation say what it had cost: the one before, if that is at its step, or both."""
    before = max(index - 1, 0)
    yield before
    # A row begins with its step.
    if lines[before].partition(b",")[0] != lines[index].partition(b",")[0] or before == index:
        yield min(index + 1, len(lines) - 1)


def parsed(directory: RunDirectory, line: bytes, index: int) -> dict[str, Any]:
    """Return a line of metrics as a row."""
    try:
        row: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise RunError(f"{directory.metrics}: line {index + 1} cannot be read as JSON ({error})") from None
    return row


def is_finite(value: object) -> bool:
    """Return whether a validation's value is a finite number; NaN is written as null."""
    return isinstance(value, int | float) and math.isfinite(value)
