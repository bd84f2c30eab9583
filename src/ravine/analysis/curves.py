"""A run's validation scores against what they had cost, read from its metrics."""

import json
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
    lines = directory.metrics.read_bytes().split(b"\n")[:-1]
    at = [index for index, line in enumerate(lines) if b'"validation"' in line]
    near = sorted({index + offset for index in at for offset in (-1, 0, 1) if 0 <= index + offset < len(lines)})
    rows = [parsed(directory, lines[index], index) for index in near]
    steps = [row for row in rows if "evaluations" in row]
    validated = [row for row in rows if split in row.get("validation", {})]
    if not (steps and validated):
        return None
    measure = measures[validated[0].get("metric", MSE)]
    scored = [row for row in validated if usable(row["validation"][split], measure)]
    if not scored:
        return None
    start = {"step": 0, "evaluations": 0, "seconds": 0.0}
    steps = [start, *steps]
    clock = np.array([row["step"] for row in steps], dtype=np.float64)
    when = np.array([row["step"] for row in scored], dtype=np.float64)
    return Curve(
        np.interp(when, clock, np.array([row["evaluations"] for row in steps], dtype=np.float64)),
        np.interp(when, clock, np.array([row["seconds"] for row in steps], dtype=np.float64)),
        np.array([measure.cost(row["validation"][split]) for row in scored], dtype=np.float64),
        measure,
    )


def parsed(directory: RunDirectory, line: bytes, index: int) -> dict[str, Any]:
    """Return a line of metrics as a row."""
    try:
        row: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise RunError(f"{directory.metrics}: line {index + 1} cannot be read as JSON ({error})") from None
    return row


def usable(value: object, measure: Measure) -> bool:
    """Return whether a validation's value has a place on the metric's scale; NaN is written as null."""
    finite = isinstance(value, int | float) and bool(np.isfinite(value))
    return finite and measure.scale.fault(measure.cost(float(value))) is None  # type: ignore[arg-type]
