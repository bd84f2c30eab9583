"""Maps: matrices as pictures, alone or many in a strip, and cells with their numbers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ravine.report.look import ARMS, BAND, FONT, INK, LETTER, MUTED, POINTS, SMALL, WIDTH
from ravine.report.measure import Measure
from ravine.report.panel import canvas
from ravine.report.ticks import linear, log_ticks, tick_label

Values = NDArray[np.float64]
COLUMNS, BOARDS = 5, 3
LEGIBLE = 6.5
"""Points of the smallest digits that are written; in larger boards only wrong cells are shown."""
DARKEST = 1e-5
"""Least error that is told from none, over the greatest."""


def strip_figure(maps: Sequence[Values], names: Sequence[str], label: str) -> Figure:
    """Return matrices of positive numbers as pictures on one logarithmic scale, in rows of five."""
    figure, cells = strip(names, COLUMNS, foot=0.55)
    height = figure.get_figheight()
    low, high = extent(maps)
    norm = LogNorm(low, high)
    for axes, values in zip(cells, maps, strict=True):
        # A picture of the least shade in view, not of nothing, where an error is exactly 0.
        picture = axes.imshow(np.maximum(values, low), cmap="magma", norm=norm, interpolation="none")
    bar = figure.add_axes((0.1, 0.36 / height, 0.8, 0.09 / height))
    figure.colorbar(picture, cax=bar, orientation="horizontal")
    ticks = log_ticks(low, high, 5)
    bar.set_xticks(ticks, [tick_label(tick) for tick in ticks])
    bar.set_xticks([], minor=True)
    bar.set_xlabel(label, labelpad=2, fontsize=FONT - 1)
    bar.tick_params(length=2.5, labelsize=FONT - 1)
    return figure


def digits_figure(
    boards: Sequence[Values],
    right: Values,
    names: Sequence[str],
    symbol: Callable[[float], str],
    given: Sequence[int] = (),
    rulers: Sequence[int] | None = None,
) -> Figure:
    """Return tables of values by their symbols, those that differ from the right ones on a shaded ground, in threes.

    `given`: 1 for cells that the problem fixes, row by row, which are bold; `rulers`: after how many rows and columns
    a line is drawn.
    """
    figure, cells = strip(names, BOARDS, gap=0.14)
    fixed = np.reshape(given, right.shape) if len(given) == right.size else np.zeros(right.shape)
    rows, columns = right.shape
    down, across = rulers or right.shape
    count = max(right.shape)
    size = min(FONT, 0.75 * POINTS * cells[0].get_position().width * WIDTH / count)
    for axes, board in zip(cells, boards, strict=True):
        wrong = board != right
        axes.imshow(np.where(wrong, 1.0, np.nan), cmap=ListedColormap([BAND]), vmin=0, vmax=1, interpolation="none")
        for (row, column), value in np.ndenumerate(board) if size >= LEGIBLE else ():
            look: dict[str, Any] = {"color": INK, "weight": "bold"} if fixed[row, column] else {"color": MUTED}
            look = {"color": ARMS[2], "weight": "bold"} if wrong[row, column] else look
            axes.text(column, row, symbol(float(value)), ha="center", va="center", fontsize=size, **look)
        axes.set_axis_on()
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(color=MUTED, linewidth=0.7)
        axes.hlines(np.arange(down, rows, down) - 0.5, -0.5, columns - 0.5, color=MUTED, lw=0.7)
        axes.vlines(np.arange(across, columns, across) - 0.5, -0.5, rows - 0.5, color=MUTED, lw=0.7)
    return figure


def strip(names: Sequence[str], columns: int, foot: float = 0.05, gap: float = 0.06) -> tuple[Figure, list[Axes]]:
    """Return a figure of named squares in rows of so many, with so many inches between them and below."""
    across = min(len(names), columns)
    rows = -(-len(names) // across)
    head = 0.22
    side = (WIDTH - 0.1 - gap * (columns - 1)) / columns
    height = rows * (side + head) + foot
    figure = Figure(figsize=(WIDTH, height))
    cells = []
    for index, name in enumerate(names):
        left = 0.05 + (index % across) * (side + gap)
        down = (index // across + 1) * (side + head)
        axes = figure.add_axes((left / WIDTH, (height - down) / height, side / WIDTH, side / height))
        axes.set_axis_off()
        axes.set_title(name, fontsize=FONT - 1, pad=3)
        cells.append(axes)
    return figure, cells


def extent(maps: Sequence[Values]) -> tuple[float, float]:
    """Return the least and the greatest shade on the common scale of some matrices' entries."""
    values = np.concatenate([values[np.isfinite(values)].ravel() for values in maps])
    positive = values[values > 0]
    high = float(positive.max()) if positive.size else 1.0
    low = max(float(positive.min()) if positive.size else high, high * DARKEST)
    return low if low < high else high / 10, high


def cells_figure(points: Mapping[tuple[float, float], float], labels: tuple[str, str], measure: Measure) -> Figure:
    """Return a metric over two numbers as shaded cells, dark ones better; empty where there is no number."""
    xs, ys = (sorted({point[side] for point in points}) for side in (0, 1))
    across, up = ([f"{number:g}" for number in numbers] for numbers in (xs, ys))
    values = np.array([[points.get((x, y), np.nan) for x in xs] for y in ys])
    rows, columns = values.shape
    left = 0.5 + max(len(name) for name in up) * LETTER * FONT / POINTS
    figure, axes = canvas(0.7 + max(0.42 * rows, 0.9), left)
    costs = np.vectorize(measure.cost, otypes=[float])(values)
    shades = np.log(np.where(costs > 0, costs, np.nan)) if measure.ratio else costs
    known = shades[np.isfinite(shades)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    norm = Normalize(low, high) if high > low else Normalize(low - 1, low + 1)  # all alike: none is good or bad
    axes.grid(visible=False)
    axes.pcolormesh(np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, shades, cmap="cividis", norm=norm)
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            shade = norm(shades[row, column]) if np.isfinite(shades[row, column]) else 0.0
            colour = "#ffffff" if shade < 0.55 else "#000000"
            text = measure.text(float(value))
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=FONT - 0.5)
    axes.set_xticks(range(columns), across)
    axes.set_yticks(range(rows), up)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    return figure


def slice_figure(axis: Values, energy: Values, path: Values) -> Figure:
    """Return an energy over a plane, (rows along v, columns along u), with a path of (points, 2) drawn in."""
    figure, axes = canvas(SMALL - 0.1, 0.6, small=True)
    axes.grid(visible=False)
    edges = (float(axis[0]), float(axis[-1]), float(axis[0]), float(axis[-1]))
    axes.imshow(energy, origin="lower", extent=edges, cmap="viridis", interpolation="bilinear", aspect="auto")
    finite = energy[np.isfinite(energy)]
    if finite.size and finite.min() < finite.max():
        levels = np.unique(np.quantile(finite, np.linspace(0.02, 0.98, 9)))
        axes.contour(axis, axis, energy, levels=levels, colors="#ffffff", linewidths=0.5, alpha=0.6)
    if len(path):
        axes.plot(path[:, 0], path[:, 1], color="#000000", lw=3.2, solid_capstyle="round")
        axes.plot(path[:, 0], path[:, 1], color="#ffffff", lw=1.5, marker="o", ms=2.8)
    axes.plot(0, 0, marker="*", ms=13, color="#ffffff", mec="#000000", mew=0.9)
    axes.set_xlim(edges[:2])
    axes.set_ylim(edges[2:])
    axes.set_xlabel("along u")
    axes.set_ylabel("along v")
    linear(axes, "x")
    linear(axes, "y")
    return figure
