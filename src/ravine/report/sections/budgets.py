"""Does more computation at solve time help? Scores against descent steps and starts."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ravine.analysis import upgrade
from ravine.report.drawing.lines import Line, Scales, lines_data, lines_figure
from ravine.report.look import Style
from ravine.report.markdown import number, percent
from ravine.report.measure import Measure
from ravine.report.panel import Data, Panel, Section
from ravine.report.reading.measured import Measured, measurements
from ravine.report.reading.subject import Facts, Subject, mapping, real
from ravine.report.sections.curves import band_line
from ravine.report.sections.errors import leading
from ravine.report.sections.landscapes import example
from ravine.report.sections.training import NAMED
from ravine.report.thinning import evenly
from ravine.report.ticks import Kind

FILE = "budget.json"
SPLITS, STARTS = 2, 3
Values = NDArray[np.float64]
COUNTS = ("steps", "starts")
COLUMNS = (*COUNTS, "value", "standard_error", "ceiling", "distinct", "evaluations", "seconds")
MORE: Mapping[str, tuple[str, str, Kind, Callable[[float], str]]] = {
    "ceiling": ("Solved by any start", "by the verifier", "percent", percent),
    "distinct": ("Distinct answers among starts", "answers per problem", "linear", number),
}
"""What is drawn against starts beside the metric: title, label, axis and how its values are written."""


def budgets(subject: Subject, styles: Mapping[str, Style]) -> Section:
    """Return scores against steps and against starts on every split; or how to make them."""
    found = measurements(subject, FILE, upgrade.budget)
    if not found:
        words = f"Not measured here: no run's directory holds {FILE}. This makes it, run by run:"
        command = f"ravine evaluate {example(subject)} --budget 1,2,5,10,20,50 --starts 1,4,16"
        return Section("budgets", "Inference budget", [words], commands=[command])
    shown, measure = leading(subject, NAMED), subject.measure(subject.metric.base)
    panels = []
    for split, measured in list(found.items())[:SPLITS]:
        kept = [entry for entry in measured if entry.arm in shown]
        panels += [*by_steps(kept, measure, styles, split), *by_starts(kept, measure, styles, split)]
    words = (
        "Every landscape is descended for a number of steps; of several starts the answer of lowest energy is kept. "
        "An energy that ranks answers rightly gains from both. What any start solves, by the task's verifier, is the "
        "ceiling for choosing among them. The band is two standard errors over problems for one run, and all seeds for "
        "several."
    )
    return Section("budgets", "Inference budget", [words], panels=panels)


def by_steps(
    measured: Sequence[Measured], measure: Measure, styles: Mapping[str, Style], split: str
) -> Iterator[Panel]:
    """Yield the metric against steps, a figure for each of a few numbers of starts, a line for each arm."""
    every = sorted({int(row[1]) for entry in measured for values in tables(entry, measure) for row in values})
    for starts in (every[index] for index in evenly(len(every), STARTS)):
        lines = lines_of(measured, measure, styles, "steps", starts)
        if lines:
            words = "one start" if starts == 1 else f"best of {starts} starts"
            yield Panel(
                f"budget-{split}-{starts}",
                words.capitalize(),
                "",
                f"{measure.title} on {split} against steps per landscape, {words}: {ends(lines, measure.text)}.",
                lines_figure(
                    lines, Scales("descent steps per landscape", measure.label, kind(lines), measure.axis, small=True)
                ),
                Data(["arm", "seed", *COLUMNS], csv_rows(measured, measure, starts)),
                small=True,
                group=f"On {split}",
            )


def by_starts(
    measured: Sequence[Measured], measure: Measure, styles: Mapping[str, Style], split: str
) -> Iterator[Panel]:
    """Yield the metric and what any start solves against starts, at the most steps measured."""
    every = [values for entry in measured for values in tables(entry, measure)]
    if len({row[1] for values in every for row in values}) < 2:
        return
    steps = int(max(row[0] for values in every for row in values))
    drawn = {"value": (f"{measure.title} against starts", measure.label, measure.axis, measure.text), **MORE}
    for column, (title, up, axis, text) in drawn.items():
        lines = lines_of(measured, measure, styles, "starts", steps, column)
        if lines:
            yield Panel(
                f"starts-{split}-{column}",
                title,
                f"At {steps} steps per landscape.",
                f"{title} on {split} against starts at {steps} steps: {ends(lines, text)}.",
                lines_figure(lines, Scales("starts per problem", up, kind(lines), axis, small=True)),
                lines_data(lines, "starts", column),
                small=True,
                group=f"On {split}",
            )


def kind(lines: Sequence[Line]) -> Kind:
    """Return the axis for counts: logarithmic unless 0 is among them."""
    return "log" if all((line.x > 0).all() for line in lines) else "linear"


def ends(lines: Sequence[Line], text: Callable[[float], str]) -> str:
    """Return where lines begin and end, in words."""
    return ", ".join(f"{line.name} from {text(line.y[0])} to {text(line.y[-1])}" for line in lines)


def tables(entry: Measured, measure: Measure) -> list[Values]:
    """Return each run's budgets as (budgets, columns), by steps; those without a number of steps or starts left out."""
    return [table(rows, measure) for rows in entry.entries]


def table(rows: Facts | Sequence[Facts], measure: Measure) -> Values:
    """Return one run's budgets as (budgets, columns), by steps and starts."""
    found = [cells(mapping(row), measure) for row in rows]
    values = np.array(found, dtype=float).reshape(-1, len(COLUMNS))
    values = values[np.isfinite(values[:, :2]).all(1)]
    ordered: Values = values[np.lexsort((values[:, 1], values[:, 0]))]
    return ordered


def cells(row: Facts, measure: Measure) -> list[float]:
    """Return one budget's columns."""
    score = {**row, **mapping(mapping(row.get("metrics")).get(measure.name))}
    return [real(score.get(key)) for key in COLUMNS]


def lines_of(
    measured: Sequence[Measured],
    measure: Measure,
    styles: Mapping[str, Style],
    along: str,
    at: int,
    column: str = "value",
) -> list[Line]:
    """Return each arm's line along `along`, steps or starts, with the other one of both at `at`."""
    x, fixed, y = COUNTS.index(along), 1 - COUNTS.index(along), COLUMNS.index(column)
    lines = []
    for entry in measured:
        kept = [values[values[:, fixed] == at] for values in tables(entry, measure)]
        line = band_line(entry.arm, [(values[:, x], values[:, y]) for values in kept], styles[entry.arm])
        if line is not None:
            lines.append(banded(line, kept, x, y) if column == "value" and line.low is None else line)
    return lines


def banded(line: Line, tables: Sequence[Values], x: int, y: int) -> Line:
    """Return a single run's line with two standard errors over problems, where they are known."""
    (values,) = (values for values in tables if np.isfinite(values[:, y]).any())
    known = np.isfinite(values[:, x]) & np.isfinite(values[:, y])
    width = 2 * values[known, COLUMNS.index("standard_error")]
    low, high = line.y - width, line.y + width
    if not np.isfinite(width).all():
        return line
    return Line(line.name, line.x, line.y, line.style, np.where(low > 0, low, line.y), high)


def csv_rows(measured: Sequence[Measured], measure: Measure, starts: int) -> list[list[str | int | float]]:
    """Return every run's budgets at a number of starts."""
    return [
        [entry.arm, run.seed, *map(float, values)]
        for entry in measured
        for run, rows in zip(entry.runs, tables(entry, measure), strict=True)
        for values in rows
        if values[1] == starts
    ]
