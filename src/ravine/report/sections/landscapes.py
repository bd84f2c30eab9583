"""What the energy learned, landscape by landscape: whether low is right, and how far round."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ravine.report.drawing.lines import Scales, lines_data, lines_figure
from ravine.report.drawing.maps import slice_figure
from ravine.report.frames import plane_frames
from ravine.report.look import Kind, Style
from ravine.report.panel import Cell, Data, Panel, Section
from ravine.report.reading.measured import Measured, matrix, measurements, vector
from ravine.report.reading.subject import Facts, Subject, mapping, real
from ravine.report.sections.curves import by_arm
from ravine.report.sections.errors import leading
from ravine.report.sections.training import NAMED

FILE = "landscapes.json"
Values = NDArray[np.float64]
SPLITS, ARMS = 2, 3
MEASURES: Mapping[str, tuple[str, str]] = {
    "gap": ("Wrong above right", "E(wrong) - E(right)"),
    "auc": ("Right below own wrong answers", "AUC"),
    "rank_correlation": ("Energy ranks errors", "rank correlation"),
    "cosine": ("Descent leads to the answer", "cosine"),
    "noise_norm": ("Norm of the noise prediction", "norm"),
    "accepted": ("Descent steps accepted", "rate"),
}


def landscapes(subject: Subject, styles: Mapping[str, Style]) -> Section:
    """Return measures by landscape, energy against distance, and slices round an answer; or how to make them."""
    found = measurements(subject, FILE)
    if not found:
        words = f"Not measured here: no run's directory holds {FILE}. This makes it, run by run:"
        return Section(
            "landscapes", "Landscapes", [words], commands=[f"ravine evaluate {example(subject)} --landscapes"]
        )
    shown = leading(subject, NAMED)
    panels: list[Panel] = []
    for split, measured in list(found.items())[:SPLITS]:
        kept = [entry for entry in measured if entry.arm in shown]
        panels += [*by_landscape(kept, styles, split), *distance(kept, styles, split)]
        if split == next(iter(found)):
            panels += [panel for entry in kept[:ARMS] for panel in plane(entry, split)]
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
        lines = [line for line in by_arm(curves, styles, list(curves)) if line.known.any()]
        if lines:
            axis: Kind = "log" if key == "noise_norm" else "linear"
            scales = Scales("landscape k", up, y=axis, back=True, small=True, whole=True)
            at_0 = ", ".join(f"{line.name} {line.y[np.nanargmin(line.x)]:.3g}" for line in lines)
            yield Panel(
                f"{key}-{split}",
                title,
                "",
                f"{up} on {split} by landscape, a line for each arm. At the sharpest: {at_0}.",
                lines_figure(lines, scales),
                lines_data(lines, "k", key),
                small=True,
                group=f"On {split}",
            )


def column(facts: Facts, key: str) -> tuple[Values, Values]:
    """Return landscapes and one measure of a run."""
    rows = [mapping(row) for row in facts.get("landscapes") or []]
    k, values = (np.array([real(row.get(name)) for row in rows], dtype=float) for name in ("k", key))
    return k, values


def distance(measured: Sequence[Measured], styles: Mapping[str, Style], split: str) -> Iterator[Panel]:
    """Yield the energy on the sharpest landscape against the distance from right answers, a line for each arm."""
    curves = {entry.arm: [curve for facts in entry.entries if (curve := sharpest(facts))] for entry in measured}
    lines = by_arm(curves, styles, list(curves))
    if lines:
        yield Panel(
            f"distance-{split}",
            "Energy over distance",
            "Landscape 0, each run from its least energy, 0, to its greatest, 1.",
            f"Energy on the sharpest landscape on {split} against distance from the right answer: a good one rises.",
            lines_figure(lines, Scales("distance from right", "energy, scaled", y="linear", small=True)),
            Data(["arm", "seed", "distance", "energy"], [row for entry in measured for row in distances(entry)]),
            small=True,
            group=f"On {split}",
        )


def sharpest(facts: Facts) -> tuple[Values, Values] | None:
    """Return distances and energies, scaled to 0 to 1, on a run's landscape 0; None where they were not measured."""
    held = mapping(facts.get("distance"))
    x, energy = vector(held.get("distances")), matrix(held.get("energy"))
    return None if energy is None or energy.shape[1] != x.size else (x, levelled(energy[0]))


def distances(measured: Measured) -> Iterator[list[Cell]]:
    """Yield one arm's energies on the sharpest landscape by distance as rows of data."""
    for run, facts in zip(measured.runs, measured.entries, strict=True):
        held = mapping(facts.get("distance"))
        x, energy = vector(held.get("distances")), matrix(held.get("energy"))
        for where, value in zip(x, energy[0] if energy is not None else (), strict=False):
            yield [measured.arm, run.seed, float(where), float(value)]


def levelled(values: Values) -> Values:
    """Return values moved and scaled to lie from 0 to 1; all 0 where they are the same."""
    known = values[np.isfinite(values)]
    if not known.size:
        return values
    extent = known.max() - known.min()
    scaled: Values = (values - known.min()) / (extent if extent > 0 else 1.0)
    return scaled


def plane(measured: Measured, split: str) -> Iterator[Panel]:
    """Yield an arm's energy over a slice through a right answer, of its first run that has one."""
    for run, facts in zip(measured.runs, measured.entries, strict=True):
        held = mapping(facts.get("slice"))
        axis, energy, path = vector(held.get("axis")), matrix(held.get("energy")), matrix(held.get("path"))
        square = energy is not None and energy.shape == (axis.size, axis.size) and axis.size > 1
        if energy is None or not square or not np.isfinite(axis).all():
            continue
        points = path if path is not None and path.shape[1] == 2 else np.empty((0, 2))
        yield Panel(
            f"slice-{measured.arm}-{split}",
            measured.arm,
            f"At rest: landscape {held.get('k', 0)}. Seed {run.seed}.",
            f"Energy of {measured.arm} on {split} over a plane through a right answer, and a descent on it.",
            slice_figure(axis, energy, points),
            Data(
                ["u", "v", "energy"],
                [[float(axis[j]), float(axis[i]), float(e)] for (i, j), e in np.ndenumerate(energy)],
            ),
            small=True,
            frames=plane_frames(held, mapping(facts.get("forming"))),
            group=f"Slices of the energy on {split}: dark is low, the star is right, the line descends",
        )
        return
