"""Error along the numbers in which arms differ: curves, and maps for two at a time."""

from collections.abc import Mapping

import numpy as np

from ravine.report.drawing.lines import Line, Scales, lines_figure
from ravine.report.drawing.maps import cells_figure
from ravine.report.look import Style
from ravine.report.panel import Data, Panel, Section
from ravine.report.reading.subject import Subject
from ravine.report.sections.axes import Axis, Plane, axes, planes, settings, single_valued
from ravine.report.sections.errors import Counted, counted

SPLITS, CURVES, MAPS = 2, 4, 2


def ablation(subject: Subject, styles: Mapping[str, Style]) -> Section | None:
    """Return curves and maps over the numbers in which arms differ; None where they differ in none."""
    found = settings(subject)
    wide = planes(found)[:MAPS]
    inside = [set(plane.arms.values()) for plane in wide]
    # A line through a map is drawn in the map already, unless it is the longest of its field.
    lines = [axis for axis in longest(axes(found)) if len(axis.arms) > 2 or not any(set(axis.arms.values()) <= s for s in inside)]
    panels = []
    for split in subject.splits[:SPLITS]:
        panels += [panel for plane in wide if (panel := of_plane(subject, plane, split))]
        panels += [panel for axis in lines[:CURVES] if (panel := of_axis(subject, styles, axis, split))]
    constant = single_valued(found) if len(found) > 1 else []
    words = [f"{field} has one value in all arms: no axis." for field in constant]
    if not panels:
        return Section("ablation", "Ablations", words) if words else None
    words.insert(
        0,
        "Arms that differ in the numbers named here and in nothing else. Exploratory: chosen after the fact, one field "
        "at a time. Bars are two standard errors of the logarithm over seeds.",
    )
    return Section("ablation", "Ablations", words, panels=panels)


def longest(found: list[Axis]) -> list[Axis]:
    """Return one axis for each field, that with the most values, in the fields' order."""
    best: dict[str, Axis] = {}
    for axis in found:
        if axis.field not in best or len(axis.arms) > len(best[axis.field].arms):
            best[axis.field] = axis
    return list(best.values())


def of_axis(subject: Subject, styles: Mapping[str, Style], axis: Axis, split: str) -> Panel | None:
    """Return error along one number; None where no arm on it has a score."""
    entries = [(value, counted(subject, subject.by_arm[arm], split)) for value, arm in axis.arms.items()]
    known = [(value, entry) for value, entry in entries if entry.values.size and entry.mean > 0]
    if not known:
        return None
    x = np.array([value for value, _ in known])
    y = np.array([entry.mean for _, entry in known])
    factors = np.exp([2 * spread(entry) for _, entry in known])
    field = axis.field.rsplit(".", 2)[-2:] if "." in axis.field else [axis.field]
    style = styles[next(arm for arm in reversed(axis.arms.values()))]
    line = Line("", x, y, style, y / factors, y * factors)
    scales = Scales(".".join(field), f"mean squared error, {split}", log_x=bool((x > 0).all() and x.max() > 30 * x.min()))
    told = ", ".join(f"{value:g}: {entry.mean:.3g}" for value, entry in known)
    return Panel(
        f"axis-{axis.field}-{split}",
        f"{'.'.join(field)}, {split}",
        f"{axis.field}; arms {', '.join(axis.arms.values())}.",
        f"Mean squared error on {split} by {axis.field}: {told}.",
        lines_figure([line], scales),
        Data([axis.field, "mse", "low", "high"], [[float(v) for v in row] for row in zip(x, y, y / factors, y * factors, strict=True)]),
    )


def spread(entry: Counted) -> float:
    """Return the standard error of the mean logarithm of an arm's errors; 0 for one seed."""
    count = entry.values.size
    return float(np.log(entry.values).std(ddof=1) / np.sqrt(count)) if count > 1 else 0.0


def of_plane(subject: Subject, plane: Plane, split: str) -> Panel | None:
    """Return error over two numbers as shaded cells; None where no arm on it has a score."""
    means = {point: counted(subject, subject.by_arm[arm], split).mean for point, arm in plane.arms.items()}
    if not np.isfinite(list(means.values())).any():
        return None
    xs, ys = (sorted({point[side] for point in means}) for side in (0, 1))
    values = np.array([[means.get((x, y), np.nan) for x in xs] for y in ys])
    across, up = plane.fields
    rows = [[x, y, plane.arms[x, y], mse] for (x, y), mse in means.items()]
    short = tuple(".".join(field.split(".")[-2:]) for field in plane.fields)
    return Panel(
        f"map-{across}-{up}-{split}",
        f"{short[0]} and {short[1]}, {split}",
        "Geometric mean of the error; dark is low.",
        f"Mean squared error on {split} by {across} and {up}, a cell for each of {len(means)} arms.",
        cells_figure(values, [f"{x:g}" for x in xs], [f"{y:g}" for y in ys], (short[0], short[1])),
        Data([across, up, "arm", "mse"], rows),
    )
