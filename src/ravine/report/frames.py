"""Frames of a figure that can be stepped through: what the page's script draws, one landscape visited after another."""

import json
import string
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ravine.report.markdown import number
from ravine.report.reading.measured import matrix, vector
from ravine.report.reading.subject import Facts

BANDS = string.digits + string.ascii_lowercase
"""A character for each band of energies on a slice, from the lowest."""
OUTSIDE = "-"
Values = NDArray[np.float64]


def visits(forming: Facts, problem: int, count: int) -> list[tuple[Any, str]]:
    """Return each visit's landscape, and in words how its descent moved the energy where that is known."""
    ks = forming.get("k")
    order = ks if isinstance(ks, list) and len(ks) == count else list(range(count))[::-1]
    traces = forming.get("energies") or []
    trace = matrix(traces[problem]) if problem < len(traces) else None
    if trace is None or len(trace) != count:
        return [(k, f"k = {k}") for k in order]
    steps = trace.shape[1] - 1
    return [
        (k, f"k = {k}: energy {number(row[0])}" + (f" to {number(row[-1])} in {steps} steps" if steps else ""))
        for k, row in zip(order, trace, strict=True)
    ]


def plane_frames(slice_: Facts, forming: Facts) -> str:
    """Return a slice's landscapes in the order visited and the way on them, as JSON; empty where there is one alone.

    Energies are told by `BANDS` of equal area of each landscape: `levels`, a text for each, row by v from the lowest.
    """
    levels = [level for level in map(matrix, slice_.get("levels") or []) if level is not None]
    answers = forming.get("answers") or [[]]
    extent, path = vector(slice_.get("axis")).max(initial=0.0), matrix(slice_.get("path"))
    told = visits(forming, 0, len(answers[0]))
    if path is None or not extent > 0 or not all(k in range(len(levels)) for k, _ in told):
        return ""
    missing: list[Any] = [None] * (len(told) - len(path))
    return dumped(
        kind="plane",
        told=[words for _, words in told],
        order=[k for k, _ in told],
        levels=[banded(level) for level in levels],
        path=[*missing, *(path / extent).round(4).tolist()],
    )


def banded(level: Values) -> str:
    """Return a landscape's energies as bands by rank; what is not finite lies in none."""
    known = np.isfinite(level)
    edges = np.quantile(level[known], np.linspace(0, 1, len(BANDS) + 1)[1:-1]) if known.any() else np.empty(0)
    bands = np.searchsorted(edges, level, side="left")
    return "".join(BANDS[band] if there else OUTSIDE for band, there in zip(bands.flat, known.flat, strict=True))


def board_frames(forming: Facts, problem: int, right: Values, answers: Sequence[Values], digits: bool) -> str:
    """Return one problem's answers in the order visited as JSON: symbols, or sizes of errors from 0 to 1."""
    told = [words for _, words in visits(forming, problem, len(answers))]
    beside: dict[str, Any] = {"rulers": forming.get("rulers"), "columns": right.shape[1]}
    if not digits:
        return dumped(kind="errors", told=told, cells=[shaded(np.abs(y - right)) for y in answers], **beside)
    return dumped(
        kind="digits",
        told=told,
        cells=[[named(value, forming) for value in y.flat] for y in answers],
        right=[named(value, forming) for value in right.flat],
        given=given_cells(forming, problem),
        **beside,
    )


def given_cells(forming: Facts, problem: int) -> list[int]:
    """Return 1 for every given cell of a board, row by row, and 0 for others; nothing where that is not recorded."""
    given = forming.get("given") or []
    cells: list[int] = np.asarray(given[problem], dtype=int).ravel().tolist() if problem < len(given) else []
    return cells


def named(value: float, forming: Facts) -> str:
    """Return the symbol of a board's value, the number itself where it has none."""
    symbols = str(forming.get("symbols") or "")
    return symbols[int(value)] if np.isfinite(value) and 0 <= value < len(symbols) else f"{value:.0f}"


def shaded(errors: Values, decades: float = 4.0) -> list[float | None]:
    """Return sizes of errors on a logarithmic scale: 1 for those of 1 and more, 0 `decades` below."""
    sizes = (1 + np.log10(np.maximum(errors, 10**-decades)) / decades).clip(0, 1).round(2)
    return [None if np.isnan(size) else float(size) for size in sizes.flat]


def dumped(**content: Any) -> str:
    """Return frames as JSON without spaces."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False)
