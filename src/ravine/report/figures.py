"""Figures for people and papers, drawn with matplotlib and saved as PNG."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ravine.tasks.files import Picture
from ravine.training.files import write_atomically

# Okabe and Ito's palette and a marker each: told apart without colour too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P")
LINES = ("-", "--", "-.", ":")
DPI = 150


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


def answer_forming(
    title: str, pictures: Sequence[Picture], order: Sequence[int], energies: NDArray[np.floating[Any]] | None
) -> Figure:
    """Draw one problem's answer forming.

    `pictures`: of the answer after each landscape visited, in the `order` of landscapes; `energies`: along each
    descent, (visits, points), drawn below if there are any.
    """
    columns = min(len(pictures), 5)
    rows = -(-len(pictures) // columns)
    heights = [2.1 * rows, *([] if energies is None else [2.8])]
    figure = Figure(figsize=(2.1 * columns, sum(heights)), layout="constrained")
    top, *bottom = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    top.suptitle(title)
    shades = shading([picture.values for picture in pictures]) if pictures[0].logarithmic else Normalize(0, 1)
    grid = np.atleast_1d(top.subplots(rows, columns)).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, picture, k in zip(grid, pictures, order, strict=False):
        image = axes.imshow(picture.values, cmap="magma" if picture.logarithmic else "Blues", norm=shades)
        axes.set_title(f"k = {k}", fontsize=9)
        inscribe(axes, picture)
    if pictures[0].logarithmic:
        top.colorbar(image, ax=list(grid), shrink=0.8)
    if energies is not None:
        along(bottom[0].subplots(), energies)
    return figure


def along(axes: Axes, energies: NDArray[np.floating[Any]]) -> None:
    """Draw the energies along each descent, (visits, points)."""
    points = np.arange(energies.size).reshape(energies.shape)
    axes.plot(points.T, energies.T, color=COLOURS[0], lw=1.2, marker=".", ms=3)
    if (energies > 0).all():
        logarithmic(axes)
    style(axes, "Energy along each landscape's descent", "point, in the order visited", "E")


def shading(values: Sequence[NDArray[np.floating[Any]]]) -> LogNorm:
    """Return a logarithmic shading: on a linear one the last landscapes' errors would be black beside the first's."""
    errors = np.stack(values)
    largest = max(float(np.nanmax(errors)), 1e-12) if np.isfinite(errors).any() else 1.0
    return LogNorm(max(largest * 1e-5, float(np.nanmin(errors, initial=largest))), largest * 1.001)


def inscribe(axes: Axes, picture: Picture) -> None:
    """Write a picture's texts into its cells, wrong ones in another colour, and draw its rulers."""
    for i, row in enumerate(picture.texts or ()):
        for j, text in enumerate(row):
            wrong = picture.wrong is not None and picture.wrong[i, j]
            colour, weight = (COLOURS[1], "bold") if wrong else ("black", "normal")
            axes.text(j, i, text, ha="center", va="center", fontsize=60 / len(row), color=colour, fontweight=weight)
    if picture.rulers is not None:
        rows, columns = picture.values.shape
        for at in range(0, rows + 1, picture.rulers[0]):
            axes.axhline(at - 0.5, color="black", lw=0.8)
        for at in range(0, columns + 1, picture.rulers[1]):
            axes.axvline(at - 0.5, color="black", lw=0.8)
