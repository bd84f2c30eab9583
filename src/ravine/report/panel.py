"""A figure with what it needs to be read: title, words that say what it shows, and its data."""

import base64
import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ravine.report.look import FONT, GRID, INK, LABEL, LETTER, MUTED, POINTS, SMALL, WIDTH, short

Cell = str | int | float | None
RC: Any = {
    "font.size": FONT,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": FONT - 0.5,
    "ytick.labelsize": FONT - 0.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "ravine",
    "path.simplify_threshold": 0.3,
}


@dataclass(frozen=True)
class Data:
    """A table of plain values that a reader can take away as CSV."""

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def csv(self) -> str:
        """Return the table as CSV, with empty cells for numbers that do not exist."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows([["" if missing(cell) else plain(cell) for cell in row] for row in self.rows])
        return text.getvalue()

    @cached_property
    def uri(self) -> str:
        """The CSV as a link that holds it."""
        return "data:text/csv;charset=utf-8;base64," + base64.b64encode(self.csv().encode()).decode()


def missing(cell: Cell) -> bool:
    """Return whether a cell holds no number that can be written."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def plain(cell: Cell) -> Cell:
    """Return a cell with numbers cut to the six digits that a figure can show."""
    return float(f"{cell:.6g}") if isinstance(cell, float) else cell


@dataclass(frozen=True)
class Panel:
    """One figure of a report.

    `key` names its files; `title` heads it; `caption` says how to read it; `description` is for those who do not see
    it; `small` ones go three in a row; neighbours of one `group` stand under its name; `frames`: what the page's script
    steps through, as JSON.
    """

    key: str
    title: str
    caption: str
    description: str
    figure: Figure
    data: Data
    small: bool = False
    group: str = ""
    frames: str = ""


@dataclass(frozen=True)
class Table:
    """A table of texts; `folded` ones open on demand, `data` goes along as CSV, `marked` rows stand out."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    folded: bool = False
    data: Data | None = None
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Section:
    """A part of a report under its own heading: words, tables, figures, lines to type."""

    key: str
    heading: str
    words: Sequence[str] = ()
    tables: Sequence[Table] = ()
    panels: Sequence[Panel] = ()
    points: Sequence[str] = ()
    commands: Sequence[str] = field(default=())


def canvas(
    height: float = 3.1, left: float = 0.62, right: float = 0.18, small: bool = False, top: float = 0.12
) -> tuple[Figure, Axes]:
    """Return a figure of one pair of axes; `height` and margins in inches."""
    width, bottom = SMALL if small else WIDTH, 0.5
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - bottom - top) / height)
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=2.5, width=0.6, color=MUTED)
    return figure, axes


def margin(names: Sequence[str], size: float = FONT) -> float:
    """Return the inches that the longest of some labels takes, with some room."""
    longest = max((len(short(name, LABEL)) for name in names), default=0)
    return longest * LETTER * size / POINTS + 0.16


def rows_canvas(names: Sequence[str], top: float = 0.12, row: float = 0.34, right: float = 0.18) -> tuple[Figure, Axes]:
    """Return a figure with one row for each name, the first at the top, at heights 0, 1, ..."""
    height = 0.5 + top + max(row * len(names), 0.6) + 0.1
    figure, axes = canvas(height, left=margin(names) + 0.05, right=right, top=top)
    axes.set_yticks(range(len(names)), [short(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure, axes
