"""Does more computation at solve time help? Error against descent steps and restarts."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ravine.report.drawing.lines import Line, Scales, lines_figure
from ravine.report.look import Style
from ravine.report.panel import Data, Panel, Section
from ravine.report.reading.measured import Measured, measurements
from ravine.report.reading.subject import Facts, Subject, mapping, real
from ravine.report.sections.curves import band_line
from ravine.report.sections.errors import leading
from ravine.report.sections.landscapes import example
from ravine.report.sections.training import NAMED
from ravine.report.thinning import evenly

FILE = "budget.json"
SPLITS, RESTARTS = 2, 3
COLUMNS = ("steps", "restarts", "mse", "standard_error", "evaluations", "seconds")


def budgets(subject: Subject, styles: Mapping[str, Style]) -> Section:
    """Return error against steps for a few numbers of restarts on every split; or how to make it."""
    found = measurements(subject, FILE)
    if not found:
        words = f"Not measured here: no run's directory holds {FILE}. This makes it, run by run:"
        command = f"ravine evaluate {example(subject)} --budget 1,2,5,10,20,50 --restarts 1,4,16"
        return Section("budgets", "Inference budget", [words], commands=[command])
    shown = leading(subject, NAMED)
    panels = [
        panel
        for split, measured in list(found.items())[:SPLITS]
        for panel in by_restarts([entry for entry in measured if entry.arm in shown], styles, split)
    ]
    words = (
        "Every landscape is descended for a number of steps; of several restarts the answer of lowest energy is kept. "
        "An energy that ranks answers rightly gains from both. The band is two standard errors over problems for one "
        "run, and all seeds for several."
    )
    return Section("budgets", "Inference budget", [words], panels=panels)


def by_restarts(measured: Sequence[Measured], styles: Mapping[str, Style], split: str) -> Iterator[Panel]:
    """Yield a figure for each number of restarts, a line for each arm."""
    tables = {entry.arm: [table(split, rows) for rows in entry.entries] for entry in measured}
    every = sorted({int(row[1]) for arm in tables.values() for rows in arm for row in rows if np.isfinite(row[1])})
    for restarts in (every[index] for index in evenly(len(every), RESTARTS)):
        lines = [line for arm, rows in tables.items() if (line := line_of(arm, rows, restarts, styles[arm]))]
        if lines:
            starts = "one start" if restarts == 1 else f"best of {restarts} starts"
            yield Panel(
                f"budget-{split}-{restarts}",
                starts.capitalize(),
                "",
                f"Mean squared error on {split} against descent steps per landscape, {starts}: "
                + ", ".join(f"{line.name} from {line.y[0]:.3g} to {line.y[-1]:.3g}" for line in lines),
                lines_figure(
                    lines, Scales("descent steps per landscape", "mean squared error", log_x=True, small=True)
                ),
                Data(["arm", "seed", *COLUMNS], csv_rows(measured, restarts)),
                small=True,
                group=f"On {split}",
            )


def table(split: str, rows: Facts | Sequence[Facts]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return one run's budgets as (budgets, columns), by steps."""
    found = [[real(mapping(row).get(key)) for key in COLUMNS] for row in rows]
    values = np.array(found, dtype=float).reshape(-1, len(COLUMNS))
    return values[np.argsort(values[:, 0], kind="stable")]


def line_of(
    arm: str, tables: Sequence[np.ndarray[tuple[int, int], np.dtype[np.float64]]], restarts: int, style: Style
) -> Line | None:
    """Return an arm's line at a number of restarts."""
    kept = [values[values[:, 1] == restarts] for values in tables]
    line = band_line(arm, [(values[:, 0], values[:, 2]) for values in kept], style)
    if line is None or line.low is not None:
        return line
    (values,) = [values for values in kept if np.isfinite(values[:, 2]).any()]
    known = np.isfinite(values[:, 0]) & np.isfinite(values[:, 2])
    width = 2 * values[known, 3]
    low, high = line.y - width, line.y + width
    return Line(arm, line.x, line.y, style, np.where(low > 0, low, line.y), high) if np.isfinite(width).all() else line


def csv_rows(measured: Sequence[Measured], restarts: int) -> list[list[str | int | float]]:
    """Return every run's budgets at a number of restarts."""
    return [
        [entry.arm, run.seed, *map(float, values)]
        for entry in measured
        for run, rows in zip(entry.runs, entry.entries, strict=True)
        for values in table("", rows)
        if values[1] == restarts
    ]
