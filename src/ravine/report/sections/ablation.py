"""The deciding metric along the numbers in which arms differ: curves, and maps for two at a time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ravine.report.drawing.lines import Line, Scales, lines_data, lines_figure
from ravine.report.drawing.maps import cells_figure
from ravine.report.look import Kind, Style, styles
from ravine.report.measure import Measure
from ravine.report.panel import Data, Panel, Section
from ravine.report.reading.subject import Subject
from ravine.report.sections.axes import Axis, Plane, axes, planes, settings, single_valued
from ravine.report.sections.errors import Counted, counted

SPLITS, CURVES, MAPS, FAMILY = 2, 4, 2, 7


def ablation(subject: Subject, looks: Mapping[str, Style]) -> Section | None:
    """Return curves and maps over the numbers in which arms differ; None where they differ in none."""
    found = settings(subject)
    wide, lines = drawn(found)
    panels = []
    for split in subject.splits[:SPLITS]:
        panels += [panel for plane in wide for panel in of_plane(subject, plane, split)]
        panels += [panel for axis in lines if (panel := of_axis(subject, looks, axis, split))]
    constant = single_valued(found) if len(found) > 1 else []
    words = [f"`{field}` has one value in all arms: no axis." for field in constant]
    if not panels:
        return Section("ablation", "Ablations", words) if words else None
    words.insert(
        0,
        "Arms that differ in the numbers named here and in nothing else. Exploratory: chosen after the fact, one field "
        "at a time. Bands are two standard errors over seeds.",
    )
    return Section("ablation", "Ablations", words, panels=panels)


def drawn(found: Mapping[str, Mapping[str, Any]]) -> tuple[list[Plane], list[Axis]]:
    """Return the planes to draw as maps, and the axes to draw as curves."""
    wide = planes(found)[:MAPS]
    inside = [set(plane.arms.values()) for plane in wide]
    # A line through a map is drawn beside the map already.
    lines = [axis for axis in longest(axes(found)) if not any(set(axis.arms.values()) <= held for held in inside)]
    return wide, lines[:CURVES]


def longest(found: list[Axis]) -> list[Axis]:
    """Return one axis for each field, that with the most values, in the fields' order."""
    best: dict[str, Axis] = {}
    for axis in found:
        if axis.field not in best or len(axis.arms) > len(best[axis.field].arms):
            best[axis.field] = axis
    return list(best.values())


def of_axis(subject: Subject, looks: Mapping[str, Style], axis: Axis, split: str) -> Panel | None:
    """Return the metric along one number; None where no arm on it has a score."""
    line, measure = line_of(subject, axis.arms, "", looks[list(axis.arms.values())[-1]], split), subject.metric
    if line is None:
        return None
    told = ", ".join(f"{x:g}: {measure.text(float(y))}" for x, y in zip(line.x, line.y, strict=True))
    name = brief(axis.field)
    return Panel(
        f"axis-{axis.field}-{split}",
        f"{name}, {split}",
        f"`{axis.field}`; arms {', '.join(axis.arms.values())}.",
        f"{measure.title} on {split} by {axis.field}: {told}.",
        lines_figure([line], Scales(name, measure.label, kind_of(line.x), measure.axis)),
        lines_data([line], axis.field, measure.name),
    )


def line_of(subject: Subject, arms: Mapping[float, str], name: str, style: Style, split: str) -> Line | None:
    """Return the scores of arms along one number, with two standard errors; None without scores."""
    measure = subject.metric
    scored = [(value, counted(subject, measure, subject.by_arm[arm], split)) for value, arm in arms.items()]
    return scores_line(measure, scored, name, style)


def scores_line(measure: Measure, scored: Sequence[tuple[float, Counted]], name: str, style: Style) -> Line | None:
    """Return scores along a number, with two standard errors; None where there are none that its axis can show."""
    known = [(value, entry) for value, entry in scored if entry.values.size and (entry.mean > 0 or not measure.ratio)]
    if not known:
        return None
    x, y = np.array([value for value, _ in known]), np.array([entry.mean for _, entry in known])
    low, high = np.array([measure.band(entry.values) for _, entry in known]).T
    return Line(name, x, y, style, low, high)


def kind_of(values: NDArray[np.float64]) -> Kind:
    """Return the axis that values of a field want: logarithmic for those that reach far."""
    return "log" if (values > 0).all() and values.max() > 30 * values.min() else "linear"


def brief(field: str) -> str:
    """Return the last two names of a field's path."""
    return ".".join(field.split(".")[-2:])


def of_plane(subject: Subject, plane: Plane, split: str) -> Iterator[Panel]:
    """Yield the metric over two numbers, as shaded cells and as a family of lines."""
    measure = subject.metric
    means = {point: counted(subject, measure, subject.by_arm[arm], split).mean for point, arm in plane.arms.items()}
    if not np.isfinite(list(means.values())).any():
        return
    xs, ys = (sorted({point[side] for point in means}) for side in (0, 1))
    across, up = map(brief, plane.fields)
    key, title = f"{plane.fields[0]}-{plane.fields[1]}-{split}", f"{across} and {up}, {split}"
    yield Panel(
        f"map-{key}",
        title,
        f"Means of {measure.label}; dark is better.",
        f"{measure.title} on {split} by {across} and {up}, a cell for each of {len(means)} arms.",
        cells_figure(means, (across, up), measure),
        Data([*plane.fields, "arm", measure.name], [[x, y, plane.arms[x, y], v] for (x, y), v in means.items()]),
    )
    family = styles([f"{y:g}" for y in ys[:FAMILY]], None)
    found = [
        line_of(subject, {x: plane.arms[x, y] for x in xs if (x, y) in means}, f"{up} {y:g}", family[f"{y:g}"], split)
        for y in ys[:FAMILY]
    ]
    lines = [line for line in found if line is not None]
    yield Panel(
        f"family-{key}",
        title,
        f"A line for each value of `{plane.fields[1]}`.",
        f"{measure.title} on {split} by {across}, a line for each value of {up}.",
        lines_figure(lines, Scales(across, measure.label, kind_of(np.array(xs)), measure.axis)),
        lines_data(lines, plane.fields[0], measure.name, plane.fields[1]),
    )
