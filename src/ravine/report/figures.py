"""Figures for people and papers, drawn with matplotlib and saved as PNG."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ravine.training.checkpoint import write_atomically

# Okabe and Ito's palette and a marker each: told apart without colour too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P")
LINES = ("-", "--", "-.", ":")
DPI = 150
Rows = Sequence[Mapping[str, Any]]


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, to the name given."""
    drawn = io.BytesIO()
    with mpl.rc_context({"font.size": 10}):
        figure.savefig(drawn, dpi=DPI, format="png")
    write_atomically(path, drawn.getvalue())


def style(axes: Axes, title: str, across: str, up: str) -> None:
    """Give axes a title, labels and a light look."""
    axes.set(title=title, xlabel=across, ylabel=up)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)


def logarithmic(axes: Axes) -> None:
    """Make the vertical axis logarithmic, if anything drawn is above 0."""
    drawn = [np.asarray(line.get_ydata(), dtype=float) for line in axes.lines]
    if any((values > 0).any() for values in drawn):
        axes.set_yscale("log")


def legend(axes: Axes, **look: Any) -> None:
    """Add a legend, if there is anything to name."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(framealpha=0.9, edgecolor="none", **look)


def answer_forming(
    errors: NDArray[np.floating[Any]], energies: NDArray[np.floating[Any]], means: NDArray[np.floating[Any]]
) -> Figure:
    """Draw one problem's answer forming.

    `errors`: |answer - right| after each landscape, (K, n, n), the smoothest first; `energies`: along each descent,
    (K, points); `means`: the mean squared error after each landscape, (K,).
    """
    landscapes = len(errors)
    columns = min(landscapes, 5)
    rows = -(-landscapes // columns)
    figure = Figure(figsize=(2.1 * columns, 2.1 * rows + 2.8), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=[2.1 * rows, 2.8], squeeze=False)[:, 0]
    top.suptitle("|answer - exact inverse| after each landscape")
    # Logarithmic, since the last landscapes' errors would be black beside the first one's.
    largest = max(float(errors.max()), 1e-12) if np.isfinite(errors).any() else 1.0
    shades = LogNorm(max(largest * 1e-5, float(np.nanmin(errors, initial=largest))), largest * 1.001)
    grid = np.atleast_1d(top.subplots(rows, columns)).ravel()
    for index, axes in enumerate(grid):
        axes.axis("off")
        if index < landscapes:
            picture = axes.imshow(errors[index], cmap="magma", norm=shades)
            axes.set_title(f"k = {landscapes - 1 - index}", fontsize=9)
    top.colorbar(picture, ax=list(grid), shrink=0.8)
    left, right = bottom.subplots(1, 2)
    points = np.arange(energies.size).reshape(energies.shape)
    left.plot(points.T, energies.T, color=COLOURS[0], lw=1.2, marker=".", ms=3)
    logarithmic(left)
    style(left, "Energy along each landscape's descent", "point, smoothest landscape first", "E")
    right.plot(range(landscapes - 1, -1, -1), means, color=COLOURS[1], marker="o", lw=1.2)
    logarithmic(right)
    right.invert_xaxis()
    style(right, "Error along the landscapes", "landscape k", "MSE")
    return figure
