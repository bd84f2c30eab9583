"""What the energy learned, landscape by landscape: whether low is right, and how far round."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ravine.report.drawing.lines import Line, Scales, lines_data, lines_figure
from ravine.report.drawing.maps import slice_figure
from ravine.report.look import LINES, Style
from ravine.report.panel import Data, Panel, Section
from ravine.report.reading.measured import Measured, matrix, measurements, vector
from ravine.report.reading.subject import Facts, Subject, mapping, real
from ravine.report.sections.curves import by_arm
from ravine.report.sections.errors import leading
from ravine.report.sections.training import NAMED

FILE = "landscapes.json"
SPLITS, ARMS, CURVES = 2, 3, 4
MEASURES: Mapping[str, tuple[str, str]] = {
    "gap": ("Energy of wrong above right", "E(wrong) - E(right)"),
    "rank_correlation": ("Does energy rank errors?", "rank correlation"),
    "cosine": ("Does descent lead to the answer?", "cosine with the direction to it"),
    "noise_norm": ("Norm of the noise prediction", "norm"),
    "accepted": ("Descent steps accepted", "rate"),
}


def landscapes(subject: Subject, styles: Mapping[str, Style]) -> Section:
    """Return measures by landscape, energy against distance, and slices round an answer; or how to make them."""
    found = measurements(subject, FILE)
    if not found:
        words = f"Not measured here: no run's directory holds {FILE}. This makes it, run by run:"
        return Section("landscapes", "Landscapes", [words], commands=[f"ravine evaluate {example(subject)} --landscapes"])
    shown = leading(subject, NAMED)
    panels: list[Panel] = []
    for split, measured in list(found.items())[:SPLITS]:
        kept = [entry for entry in measured if entry.arm in shown]
        panels += by_landscape(kept, styles, split)
        panels += [panel for entry in kept[:ARMS] for panel in pictures(entry, styles[entry.arm], split)]
    counts = {entry.arm: len(entry.runs) for measured in found.values() for entry in measured}
    told = ", ".join(f"{arm} {count}" for arm, count in counts.items())
    words = (
        "Landscape 0 is the sharpest; solving goes from left to right. Lines are medians over the runs measured, "
        f"bands all of them ({told})."
    )
    return Section("landscapes", "Landscapes", [words], panels=panels)


def example(subject: Subject) -> str:
    """Return a run's directory to name in a command."""
    return str(subject.runs[0].path) if subject.runs else str(subject.path)


def by_landscape(measured: Sequence[Measured], styles: Mapping[str, Style], split: str) -> Iterator[Panel]:
    """Yield every measure over landscapes, a line for each arm."""
    for key, (title, up) in MEASURES.items():
        curves = {entry.arm: [column(facts, key) for facts in entry.entries] for entry in measured}
        lines = by_arm(curves, styles, list(curves))
        if lines:
            scales = Scales("landscape k", up, log_y=key == "noise_norm", back=True, small=True, whole=True)
            at_0 = ", ".join(f"{line.name} {line.y[np.nanargmin(line.x)]:.3g}" for line in lines)
            yield Panel(
                f"{key}-{split}",
                f"{title}, {split}" if title[-1] != "?" else f"{title} {split.capitalize()}",
                "",
                f"{up} on {split} by landscape, a line for each arm. At the sharpest: {at_0}.",
                lines_figure(lines, scales),
                lines_data(lines, "k", key),
                small=True,
            )


def column(facts: Facts, key: str) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    """Return landscapes and one measure of a run."""
    rows = [mapping(row) for row in facts.get("landscapes") or []]
    return tuple(np.array([real(row.get(name)) for row in rows], dtype=float) for name in ("k", key))


def pictures(measured: Measured, style: Style, split: str) -> Iterator[Panel]:
    """Yield the energy over distance and over a slice, of the arm's first run that has them."""
    for run, facts in zip(measured.runs, measured.entries, strict=True):
        panels = [distance(measured.arm, style, split, facts), plane(measured.arm, split, facts)]
        if any(panels):
            told = f" Seed {run.seed}."
            for panel in panels:
                if panel is not None:
                    yield Panel(**{**vars(panel), "caption": panel.caption + told})
            return


def distance(arm: str, style: Style, split: str, facts: Facts) -> Panel | None:
    """Return a run's energy against the distance from right answers, for a few landscapes."""
    held = mapping(facts.get("distance"))
    x, energy = vector(held.get("distances")), matrix(held.get("energy"))
    if energy is None or energy.shape[1] != x.size:
        return None
    chosen = np.unique(np.linspace(0, len(energy) - 1, min(CURVES, len(energy))).round().astype(int))
    lines = [
        Line(f"k = {k}", x, levelled(energy[k]), Style(style.colour, "o", LINES[index % len(LINES)]))
        for index, k in enumerate(chosen)
    ]
    return Panel(
        f"distance-{arm}-{split}",
        f"Energy over distance: {arm}, {split}",
        "Each landscape from its least energy, 0, to its greatest, 1: a good one rises from the left.",
        f"Energy of {arm} on {split} against distance from the right answer, a line for each of {len(chosen)} landscapes.",
        lines_figure(lines, Scales("distance from right", "energy, least to greatest", log_y=False, small=True)),
        Data(["k", "distance", "energy"], [[k, float(d), float(e)] for k, row in enumerate(energy) for d, e in zip(x, row, strict=True)]),
        small=True,
    )


def levelled(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return values moved and scaled to lie from 0 to 1; all 0 where they are the same."""
    known = values[np.isfinite(values)]
    if not known.size:
        return values
    extent = known.max() - known.min()
    return (values - known.min()) / (extent if extent > 0 else 1.0)


def plane(arm: str, split: str, facts: Facts) -> Panel | None:
    """Return a run's energy over a slice through a right answer, with its descent's path."""
    held = mapping(facts.get("slice"))
    axis, energy, path = vector(held.get("axis")), matrix(held.get("energy")), matrix(held.get("path"))
    if energy is None or energy.shape != (axis.size, axis.size) or axis.size < 2:
        return None
    points = path if path is not None and path.shape[1] == 2 else np.empty((0, 2))
    k = held.get("k", 0)
    return Panel(
        f"slice-{arm}-{split}",
        f"A slice of the energy: {arm}, {split}",
        f"Landscape {k}; dark is low. The star is the right answer, the line a descent, its dots the steps.",
        f"Energy of {arm} on {split} over a plane through a right answer, and a descent of {len(points)} points on it.",
        slice_figure(axis, energy, points),
        Data(
            ["u", "v", "energy"],
            [[float(axis[j]), float(axis[i]), float(e)] for (i, j), e in np.ndenumerate(energy)],
        ),
        small=True,
    )
