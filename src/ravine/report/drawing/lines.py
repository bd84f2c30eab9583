"""Lines with bands, each named at its end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ravine.report.look import FONT, GRID, Kind, Style, short
from ravine.report.panel import Data, canvas, margin
from ravine.report.ticks import scaled

Values = NDArray[np.float64]
GAP = 1.15
"""Distance of two labels over the size of their font."""
MARKED = 14
"""Points up to which a line has a marker at each."""


@dataclass(frozen=True)
class Line:
    """One line: its name, points, a band round it where there is one, and how it looks; `quiet` ones are unnamed."""

    name: str
    x: Values
    y: Values
    style: Style
    low: Values | None = None
    high: Values | None = None
    quiet: bool = False

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which points are numbers."""
        found: NDArray[np.bool_] = np.isfinite(self.x) & np.isfinite(self.y)
        return found

    @property
    def edges(self) -> list[Values]:
        """The line and, where it is drawn, its band."""
        return [
            edge
            for edge in (self.y, self.low, self.high)
            if edge is not None and not (self.quiet and edge is not self.y)
        ]


@dataclass(frozen=True)
class Scales:
    """The axes of a figure of lines: labels, kinds, whether the horizontal one runs back."""

    across: str
    up: str
    x: Kind = "linear"
    y: Kind = "log"
    back: bool = False
    small: bool = False
    whole: bool = False


def lines_figure(lines: Sequence[Line], scales: Scales) -> Figure:
    """Return a figure of lines, the quiet ones behind."""
    named = [line for line in lines if not line.quiet]
    figure, axes = canvas(2.5 if scales.small else 3.1, 0.72, margin([line.name for line in named]), small=scales.small)
    for line in sorted(lines, key=lambda line: not line.quiet):
        draw(axes, line)
    scale(axes, lines, scales)
    axes.set_xlabel(scales.across)
    axes.set_ylabel(scales.up)
    name_ends(axes, [line for line in named if line.known.any()], scales.back)
    return figure


def draw(axes: Axes, line: Line) -> None:
    """Draw one line and its band; few points have markers."""
    known = line.known
    x, y = line.x[known], line.y[known]
    if line.quiet:
        axes.plot(x, y, color=GRID, lw=0.9, zorder=1)
        return
    look: dict[str, Any] = {"color": line.style.colour, "ls": line.style.line, "lw": 1.7}
    if x.size <= MARKED:
        look |= {"marker": line.style.marker, "ms": 4.2}
    axes.plot(x, y, **look)
    if line.low is not None and line.high is not None:
        axes.fill_between(x, line.low[known], line.high[known], color=line.style.colour, alpha=0.14, lw=0)


def scale(axes: Axes, lines: Sequence[Line], scales: Scales) -> None:
    """Set both axes' scales and ticks."""
    xs = np.concatenate([np.empty(0), *(line.x[line.known] for line in lines)])
    ys = np.concatenate([np.empty(0), *(edge[line.known] for line in lines for edge in line.edges)])
    scaled(axes, "y", scales.y, ys, pad=0.04, most=6)
    scaled(axes, "x", scales.x, xs, pad=0.03)
    if scales.whole and xs.size:
        each = np.unique(xs)
        axes.set_xticks(each[:: max(1, len(each) // 8)])
    if scales.back:
        axes.invert_xaxis()


def name_ends(axes: Axes, lines: Sequence[Line], back: bool) -> None:
    """Write every line's name where it ends, moved apart where names would meet."""
    if not lines:
        return
    height = axes.get_position().height * axes.figure.get_size_inches()[1] * 72  # type: ignore[union-attr]
    place: Callable[[Any], Any] = axes.transScale.transform
    low, high = (place((1, value))[1] for value in axes.get_ylim())
    ends = [(line.x[line.known], line.y[line.known]) for line in lines]
    at = [(x.argmin() if back else x.argmax()) for x, _ in ends]
    wanted = [float(y[index]) for (_, y), index in zip(ends, at, strict=True)]
    inside = [(place((1, value))[1] - low) / (high - low) if high > low else 0.5 for value in wanted]
    for line, level in zip(lines, apart(inside, GAP * FONT / height), strict=True):
        axes.annotate(
            short(line.name), (1, level), (4, 0), "axes fraction", "offset points", color=line.style.colour, va="center"
        )


def apart(levels: Sequence[float], gap: float) -> list[float]:
    """Return levels moved as little as it takes to lie at least `gap` apart, centred where they crowd."""
    order = np.argsort(levels, kind="stable")
    moved = np.clip(np.asarray(levels, dtype=float)[order], 0, 1)
    groups: list[list[float]] = []
    for value in moved:
        groups.append([float(value)])
        while len(groups) > 1 and bottom(groups[-1], gap) < bottom(groups[-2], gap) + gap * len(groups[-2]):
            last = groups.pop()
            groups[-1] += last
    result = np.empty(len(moved))
    result[order] = [bottom(group, gap) + gap * index for group in groups for index in range(len(group))]
    return [float(value) for value in result]


def bottom(group: Sequence[float], gap: float) -> float:
    """Return where the lowest label of a group lies when the group is centred on its mean, inside 0 to 1."""
    extent = gap * (len(group) - 1)
    return max(0.0, min(float(np.mean(group)) - extent / 2, 1 - extent))


def lines_data(lines: Sequence[Line], x: str, y: str, name: str = "arm") -> Data:
    """Return the points of lines as a table."""
    rows: list[list[Any]] = []
    for line in lines:
        empty = np.full(line.x.shape, np.nan)
        low, high = (empty if edge is None else edge for edge in (line.low, line.high))
        rows += [[line.name, *map(float, values)] for values in zip(line.x, line.y, low, high, strict=True)]
    return Data([name, x, y, "low", "high"], rows)
