"""Many runs' curves as one: the median over seeds, and a band."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ravine.report.drawing.lines import Line
from ravine.report.look import Style
from ravine.report.reading.metrics import Metrics, read_metrics, rows_each
from ravine.report.reading.subject import Subject

Values = NDArray[np.float64]
Curve = tuple[Values, Values]
POINTS = 120
FEW = 10
"""Seeds below which the band holds all of them."""
BAND = (0.1, 0.9)


def read_all(subject: Subject) -> dict[str, list[Metrics]]:
    """Return every arm's metrics, run by run."""
    most = rows_each(len(subject.runs))
    return {
        arm: [read_metrics(run.path / "metrics.jsonl", most) for run in runs] for arm, runs in subject.by_arm.items()
    }


def band_line(name: str, curves: Sequence[Curve], style: Style, quiet: bool = False) -> Line | None:
    """Return the median of curves over a common grid with a band; None where none has two finite points.

    The band reaches from the least to the greatest of few curves, from the first to the ninth decile of many.
    """
    kept = [finite(x, y) for x, y in curves]
    kept = [(x, y) for x, y in kept if x.size]
    if not kept:
        return None
    grid = common_grid([x for x, _ in kept])
    rows = np.array([np.interp(grid, x, y, left=math.nan, right=math.nan) for x, y in kept])
    # A median over fewer than half of the runs would jump where a run begins or ends.
    some = 2 * np.isfinite(rows).sum(0) >= len(kept)
    grid, rows = grid[some], rows[:, some]
    low, high = (0.0, 1.0) if len(kept) <= FEW else BAND
    if len(kept) == 1:
        return Line(name, grid, rows[0], style, quiet=quiet)
    # The quantile that looks for nan is far slower.
    quantile = np.quantile if np.isfinite(rows).all() else np.nanquantile
    bottom, middle, top = quantile(rows, [low, 0.5, high], axis=0)
    return Line(name, grid, middle, style, bottom, top, quiet)


def finite(x: Values, y: Values) -> Curve:
    """Return the points of a curve that are numbers, in order."""
    known = np.isfinite(x) & np.isfinite(y)
    order = np.argsort(x[known], kind="stable")
    return x[known][order], y[known][order]


def common_grid(xs: Sequence[Values]) -> Values:
    """Return the points at which to compare curves: their own where few, else evenly spread."""
    every = np.unique(np.concatenate(xs))
    shared = every.size <= max(x.size for x in xs)
    return every if shared and every.size <= POINTS else np.linspace(every[0], every[-1], POINTS)


def band_words(subject: Subject) -> str:
    """Return what the band of this subject's curves holds."""
    most = max((len(runs) for runs in subject.by_arm.values()), default=0)
    if most <= 1:
        return ""
    return (
        " The band holds all seeds."
        if most <= FEW
        else " The band reaches from the first to the ninth decile of seeds."
    )


def by_arm(
    curves: Mapping[str, Sequence[Curve]], styles: Mapping[str, Style], shown: Sequence[str], quiet: Sequence[str] = ()
) -> list[Line]:
    """Return a line with a band for each arm that has one; those in `quiet` without a name."""
    lines = [band_line(arm, curves[arm], styles[arm], arm in quiet) for arm in [*shown, *quiet] if arm in curves]
    return [line for line in lines if line is not None]
