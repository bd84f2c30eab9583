"""A run's metrics, read lean: a bounded number of rows however long the file is."""

import json
import math
import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ravine.report.reading.subject import mapping, real
from ravine.report.thinning import evenly

Curve = NDArray[np.float64]
MOST, LEAST, ALL = 160, 30, 30_000
MARK = b'"validation"'
KEYS = ("step", "denoise", "gap", "evaluations", "seconds")


@dataclass(frozen=True)
class Metrics:
    """Columns of a run's rows, nan where a number is missing.

    `logged`: one of `KEYS` -> (rows,); `validation`: split -> (rows, 2), step and value of the metric
    `validated`; `broken`: rows read in which the loss is not finite.
    """

    logged: Mapping[str, Curve]
    validation: Mapping[str, Curve]
    broken: int
    validated: str = "mse"

    def at(self, key: str, steps: Curve) -> Curve:
        """Return a logged column at some steps, interpolated; nan outside what was logged."""
        x, y = self.logged["step"], self.logged[key]
        known = np.isfinite(x) & np.isfinite(y)
        if not known.any():
            return np.full(steps.shape, math.nan)
        return np.interp(steps, x[known], y[known], right=math.nan)


def rows_each(runs: int) -> int:
    """Return how many rows to read of each of so many runs."""
    return max(LEAST, min(MOST, ALL // max(runs, 1)))


def read_metrics(file: Path, most: int) -> Metrics:
    """Return about `most` rows of a `metrics.jsonl` spread evenly, and as many of its validations."""
    logged, validated = [], []
    if file.exists() and file.stat().st_size:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as text:
            logged = [row for row in parsed(text, spread(text, most)) if "denoise" in row]
            validated = [row for row in parsed(text, marked(text, most)) if "validation" in row]
    columns = {key: np.array([value_of(row, key) for row in logged]) for key in KEYS}
    splits = dict.fromkeys(split for row in validated for split in mapping(row["validation"]))
    validation = {
        split: np.array(
            [[real(row.get("step")), real(row["validation"][split])] for row in validated if split in row["validation"]]
        )
        for split in splits
    }
    # Rows of schema 1 do not say what they measured: it was the mean squared error.
    name = str(validated[-1].get("metric", "mse")) if validated else "mse"
    return Metrics(columns, validation, int((~np.isfinite(columns["denoise"])).sum()), name)


def spread(text: mmap.mmap, most: int) -> list[int]:
    """Return where lines begin: all of a short file, else about `most` spread evenly and the last."""
    starts = {0}
    size = len(text)
    for place in np.linspace(0, size - 1, 2 * most).astype(int):
        end = text.find(b"\n", int(place))
        if 0 <= end < size - 1:
            starts.add(end + 1)
    ordered = sorted(starts)
    return [ordered[index] for index in evenly(len(ordered), most)]


def marked(text: mmap.mmap, most: int) -> list[int]:
    """Return where the lines of validations begin, about `most` spread evenly and the last."""
    found = []
    place = text.find(MARK)
    while place >= 0:
        found.append(text.rfind(b"\n", 0, place) + 1)
        place = text.find(MARK, place + 1)
    return [found[index] for index in evenly(len(found), most)]


def parsed(text: mmap.mmap, starts: list[int]) -> Iterator[dict[str, Any]]:
    """Yield the rows that begin at some places; a last line cut off by a crash is passed over."""
    for start in starts:
        end = text.find(b"\n", start)
        if end < 0:
            return
        line = text[start:end].decode()
        row = json.loads(line) if line.strip() else None
        if isinstance(row, dict):
            yield row


def value_of(row: Mapping[str, Any], key: str) -> float:
    """Return a row's number; the gap is the mean over arms by their shares of the batch."""
    if key != "gap":
        return real(row.get(key))
    arms = [mapping(arm) for arm in mapping(row.get("arms")).values()]
    return sum(real(arm.get("share")) * real(arm.get("gap")) for arm in arms) if arms else math.nan
