"""Error along the numbers in which arms differ: curves, and maps for two at a time."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from ravine.report.drawing.lines import Line, Scales, lines_data, lines_figure
from ravine.report.drawing.maps import cells_figure
from ravine.report.look import Style, styles
from ravine.report.panel import Data, Panel, Section
from ravine.report.reading.subject import Subject
from ravine.report.sections.axes import Axis, Plane, axes, planes, settings, single_valued
from ravine.report.sections.errors import Counted, counted

SPLITS, CURVES, MAPS, FAMILY = 2, 4, 2, 7


def ablation(subject: Subject, looks: Mapping[str, Style]) -> Section | None:
    """Return curves and maps over the numbers in which arms differ; None where they differ in none."""
    found = settings(subject)
    wide = planes(found)[:MAPS]
    inside = [set(plane.arms.values()) for plane in wide]
    # A line through a map is drawn beside the map already.
    lines = [axis for axis in longest(axes(found)) if not any(set(axis.arms.values()) <= arms for arms in inside)]
    panels = []
    for split in subject.splits[:SPLITS]:
        panels += [panel for plane in wide for panel in of_plane(subject, plane, split)]
        panels += [panel for axis in lines[:CURVES] if (panel := of_axis(subject, looks, axis, split))]
    constant = single_valued(found) if len(found) > 1 else []
    words = [f"`{field}` has one value in all arms: no axis." for field in constant]
    if not panels:
        return Section("ablation", "Ablations", words) if words else None
    words.insert(
        0,
        "Arms that differ in the numbers named here and in nothing else. Exploratory: chosen after the fact, one field "
        "at a time. Bands are two standard errors of the logarithm over seeds.",
    )
    return Section("ablation", "Ablations", words, panels=panels)


def longest(found: list[Axis]) -> list[Axis]:
    """Return one axis for each field, that with the most values, in the fields' order."""
    best: dict[str, Axis] = {}
    for axis in found:
        if axis.field not in best or len(axis.arms) > len(best[axis.field].arms):
            best[axis.field] = axis
    return list(best.values())


def of_axis(subject: Subject, looks: Mapping[str, Style], axis: Axis, split: str) -> Panel | None:
    """Return error along one number; None where no arm on it has a score."""
    line = line_of(subject, axis.arms, "", looks[list(axis.arms.values())[-1]], split)
    if line is None:
        return None
    told = ", ".join(f"{x:g}: {y:.3g}" for x, y in zip(line.x, line.y, strict=True))
    name = brief(axis.field)
    return Panel(
        f"axis-{axis.field}-{split}",
        f"{name}, {split}",
        f"`{axis.field}`; arms {', '.join(axis.arms.values())}.",
        f"Mean squared error on {split} by {axis.field}: {told}.",
        lines_figure([line], Scales(name, "mean squared error", log_x=wide_range(line.x))),
        lines_data([line], axis.field, "mse"),
    )


def line_of(subject: Subject, arms: Mapping[float, str], name: str, style: Style, split: str) -> Line | None:
    """Return the errors of arms along one number, with two standard errors of their logarithm; None without scores."""
    entries = [(value, counted(subject, subject.by_arm[arm], split)) for value, arm in arms.items()]
    known = [(value, entry) for value, entry in entries if entry.values.size and entry.mean > 0]
    if not known:
        return None
    x, y = np.array([value for value, _ in known]), np.array([entry.mean for _, entry in known])
    factors = np.exp([2 * spread(entry) for _, entry in known])
    return Line(name, x, y, style, y / factors, y * factors)


def spread(entry: Counted) -> float:
    """Return the standard error of the mean logarithm of an arm's errors; 0 for one seed."""
    count = entry.values.size
    return float(np.log(entry.values).std(ddof=1) / np.sqrt(count)) if count > 1 else 0.0


def wide_range(values: NDArray[np.float64]) -> bool:
    """Return whether values want a logarithmic axis."""
    return bool((values > 0).all() and values.max() > 30 * values.min())


def brief(field: str) -> str:
    """Return the last two names of a field's path."""
    return ".".join(field.split(".")[-2:])


def of_plane(subject: Subject, plane: Plane, split: str) -> Iterator[Panel]:
    """Yield error over two numbers, as shaded cells and as a family of lines."""
    means = {point: counted(subject, subject.by_arm[arm], split).mean for point, arm in plane.arms.items()}
    if not np.isfinite(list(means.values())).any():
        return
    xs, ys = (sorted({point[side] for point in means}) for side in (0, 1))
    across, up = map(brief, plane.fields)
    key, title = f"{plane.fields[0]}-{plane.fields[1]}-{split}", f"{across} and {up}, {split}"
    yield Panel(
        f"map-{key}",
        title,
        "Geometric mean of the error; dark is low.",
        f"Mean squared error on {split} by {across} and {up}, a cell for each of {len(means)} arms.",
        cells_figure(
            np.array([[means.get((x, y), np.nan) for x in xs] for y in ys]),
            [f"{x:g}" for x in xs],
            [f"{y:g}" for y in ys],
            (across, up),
        ),
        Data([*plane.fields, "arm", "mse"], [[x, y, plane.arms[x, y], mse] for (x, y), mse in means.items()]),
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
        f"Mean squared error on {split} by {across}, a line for each value of {up}.",
        lines_figure(lines, Scales(across, "mean squared error", log_x=wide_range(np.array(xs)))),
        lines_data(lines, plane.fields[0], "mse", plane.fields[1]),
    )
