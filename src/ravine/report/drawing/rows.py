"""Rows of dots and intervals, one row an arm, names at the left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ravine.report.look import BAND, FONT, INK, LETTER, MUTED, PAPER, POINTS, WIDTH, Kind, Style
from ravine.report.measure import Measure
from ravine.report.panel import rows_canvas
from ravine.report.ticks import scaled

Values = NDArray[np.float64]
FEW = 20
"""Seeds up to which a row has a dot for each, and no stroke."""
LEVEL = 0.19
"""Inches of a line of text above the axes."""


@dataclass(frozen=True)
class Dots:
    """One row: values, their mean, and which of them stand for a run that diverged."""

    name: str
    values: Values
    capped: NDArray[np.bool_]
    mean: float
    style: Style


@dataclass(frozen=True)
class Interval:
    """One row of a forest: an effect with its interval, in words too, decided beforehand or not."""

    name: str
    effect: float
    low: float
    high: float
    words: str
    registered: bool
    style: Style


def dots_figure(
    rows: Sequence[Dots], across: str, axis: Kind, marks: Mapping[str, float], null: float | None = None
) -> Figure:
    """Return rows of dots with their means, named marks as vertical lines, and a line where there is no difference."""
    values = np.concatenate([row.values for row in rows] + [np.array(list(marks.values()), dtype=float)])
    values = values if null is None else np.append(values, null)
    levels = stack(marks, values, [row.name for row in rows], axis)
    top = 0.12 + LEVEL * (max(levels.values(), default=-1) + 1)
    figure, axes = rows_canvas([row.name for row in rows], top)
    scaled(axes, "x", axis, values)
    if null is not None:
        axes.axvline(null, color=INK, lw=1)
    for place, row in enumerate(rows):
        draw_dots(axes, place, row)
    for name, value in marks.items():
        mark(axes, name, value, levels[name])
    axes.set_xlabel(across)
    return figure


def draw_dots(axes: Axes, place: int, row: Dots) -> None:
    """Draw one row: a dot for each seed, a cross for each that diverged, and a bar at the mean."""
    count = len(row.values)
    up = place + (np.linspace(-0.2, 0.2, count) if count > 1 else np.zeros(count))
    fine, colour = ~row.capped, row.style.colour
    if count <= FEW:
        axes.plot(row.values[fine], up[fine], ls="", marker=row.style.marker, ms=4.5, color=colour, alpha=0.75, mew=0)
    else:
        strokes(axes, row.values[fine], up[fine], colour)
    axes.plot(row.values[~fine], up[~fine], ls="", marker="x", ms=5.5, color=colour, mew=1.3)
    if np.isfinite(row.mean):
        axes.plot([row.mean, row.mean], [place - 0.32, place + 0.32], color=colour, lw=2.4, solid_capstyle="round")


def strokes(axes: Axes, values: Values, up: Values, colour: str) -> None:
    """Draw many values as short strokes, all in one line: a page holds hundreds of these, not of dots."""
    gaps = np.full(values.shape, np.nan)
    x, y = np.stack([values, values, gaps], 1), np.stack([up - 0.05, up + 0.05, gaps], 1)
    axes.plot(x.ravel(), y.ravel(), color=colour, lw=1, alpha=0.75)


def stack(marks: Mapping[str, float], values: Values, names: Sequence[str], axis: Kind) -> dict[str, int]:
    """Return the level above the axes at which each mark's name is written, so that names do not meet."""
    known = values[np.isfinite(values) & ((values > 0) | (axis != "log"))]
    if not known.size or not marks:
        return {}
    place = np.log if axis == "log" else float
    low, high = place(known.min()), place(known.max())
    across = (WIDTH - 0.2 - max(len(name) for name in names or ("",)) * LETTER * FONT / POINTS) * 0.9
    ends: list[float] = []
    levels = {}
    for name, value in sorted(marks.items(), key=lambda item: item[1]):
        centre = (place(value) - low) / max(high - low, 1e-9) * across
        half = len(name) * LETTER * (FONT - 1) / POINTS / 2 + 0.06
        level = next((index for index, end in enumerate(ends) if end < centre - half), len(ends))
        ends[level : level + 1] = [centre + half]
        levels[name] = level
    return levels


def mark(axes: Axes, name: str, value: float, level: int) -> None:
    """Draw a named vertical line."""
    axes.axvline(value, color=MUTED, lw=1, ls=(0, (4, 2)), zorder=1)
    inside = axes.transAxes.inverted().transform(axes.transData.transform((value, 0)))[0]
    above(axes, name, value, "left" if inside < 0.15 else "right" if inside > 0.85 else "center", level)


def above(axes: Axes, words: str, value: float, side: str, level: int = 0) -> None:
    """Write words above the axes at a value."""
    place, coordinates = (value, 1.0), ("data", "axes fraction")
    offset = (0, 2 + level * LEVEL * POINTS)
    axes.annotate(words, place, offset, coordinates, "offset points", ha=side, color=MUTED, fontsize=FONT - 1)


def forest_figure(rows: Sequence[Interval], across: str, measure: Measure, margin: float) -> Figure:
    """Return intervals of effects with a line where there is none and the region within the margin as a band."""
    edges = measure.within(margin) or ()
    values = np.array(
        [value for row in rows for value in (row.effect, row.low, row.high)] + [measure.scale.neutral, *edges]
    )
    beside_them = max((len(row.words) for row in rows), default=0) * LETTER * (FONT - 1) / POINTS + 0.16
    figure, axes = rows_canvas([row.name for row in rows], 0.12 + LEVEL, right=beside_them)
    scaled(axes, "x", measure.effect_axis, values, pad=0.06)
    if edges:
        axes.axvspan(*edges, color=BAND, lw=0, zorder=0)
        for edge in edges:
            axes.plot([edge] * 2, [-0.6, len(rows)], color=MUTED, lw=0.8, ls=":", zorder=1)
        above(axes, f"within {measure.margin_text(margin)}", measure.scale.neutral, "center")
    axes.axvline(measure.scale.neutral, color=INK, lw=1)
    for place, row in enumerate(rows):
        draw_interval(axes, place, row)
    axes.set_xlabel(across)
    return figure


def draw_interval(axes: Axes, place: int, row: Interval) -> None:
    """Draw one interval; filled if it was decided beforehand, hollow if it explores; numbers beside it."""
    colour = row.style.colour
    if np.isfinite(row.low) and np.isfinite(row.high):
        axes.plot([row.low, row.high], [place] * 2, color=colour, lw=2.2, solid_capstyle="round")
    if not np.isfinite(row.effect):
        beside(axes, place, row.words, MUTED)
        return
    fill = colour if row.registered else PAPER
    axes.plot([row.effect], [place], marker=row.style.marker, ms=7, color=colour, mfc=fill, mew=1.6)
    beside(axes, place, row.words, INK)


def beside(axes: Axes, place: int, words: str, colour: str) -> None:
    """Write a row's numbers in the right margin."""
    axes.annotate(
        words,
        (1, place),
        (6, 0),
        ("axes fraction", "data"),
        "offset points",
        va="center",
        color=colour,
        fontsize=FONT - 1,
    )
