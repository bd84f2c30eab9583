"""The answer forming: where a few problems' answers are wrong, landscape after landscape."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ravine.report.drawing.maps import strip_figure
from ravine.report.panel import Cell, Data, Panel, Section
from ravine.report.reading.measured import matrix, measurements
from ravine.report.reading.subject import Subject, mapping
from ravine.report.sections.errors import leading
from ravine.report.sections.landscapes import FILE, example
from ravine.report.thinning import evenly

ARMS, PROBLEMS, MOST = 2, 2, 10
Values = NDArray[np.float64]


def forming(subject: Subject) -> Section:
    """Return maps of |answer - right| along the landscapes for a few problems; or how to make them."""
    found = measurements(subject, FILE)
    panels: list[Panel] = []
    for split, measured in found.items():
        shown = leading(subject, ARMS)
        for entry in [entry for entry in measured if entry.arm in shown][:ARMS]:
            run, facts = entry.runs[0], mapping(entry.entries[0].get("forming"))
            panels += problems(facts, entry.arm, split, run.seed)
        if panels:
            break
    if not panels:
        words = f"Not measured here: no run's directory holds answers along the landscapes in {FILE}. This makes it:"
        command = f"ravine evaluate {example(subject)} --landscapes"
        return Section("forming", "The answer forming", [words], commands=[command])
    words = (
        "Each square is the size of an answer's errors, entry by entry, after one landscape, the smoothest first: "
        "light is wrong, dark is right. The scale is logarithmic, and the same within a figure."
    )
    return Section("forming", "The answer forming", [words], panels=panels)


def problems(facts: Mapping[str, object], arm: str, split: str, seed: int) -> list[Panel]:
    """Return a strip of maps for each of the first few problems."""
    rights, answers = facts.get("right"), facts.get("answers")
    ks = facts.get("k")
    panels: list[Panel] = []
    for number, (right, steps) in enumerate(zip(listed(rights), listed(answers), strict=False)):
        maps = errors(right, steps)
        if any(np.isfinite(values).any() for values in maps) and len(panels) < PROBLEMS:
            names = ks if isinstance(ks, list) and len(ks) == len(maps) else list(range(len(maps)))[::-1]
            panels.append(strip(maps, [str(k) for k in names], f"{arm}, problem {number + 1} of {split}", seed))
    return panels


def listed(value: object) -> list[object]:
    """Return a list read from JSON; an empty one where something else stands."""
    return value if isinstance(value, list) else []


def errors(right: object, answers: object) -> list[Values]:
    """Return |answer - right| after each landscape; none where a matrix is missing or of another shape."""
    target = matrix(right)
    found = [matrix(answer) for answer in listed(answers)]
    if target is None:
        return []
    return [np.abs(answer - target) for answer in found if answer is not None and answer.shape == target.shape]


def strip(maps: list[Values], ks: list[str], what: str, seed: int) -> Panel:
    """Return one problem's figure."""
    keep = evenly(len(maps), MOST)
    first, last = (size(float((values**2).mean())) for values in (maps[0], maps[-1]))
    rows: list[list[Cell]] = [
        [ks[step], row, *(float(f"{value:.3g}") for value in line)]
        for step, values in enumerate(maps)
        for row, line in enumerate(values)
    ]
    return Panel(
        f"forming-{what.replace(', ', '-').replace(' ', '-')}",
        what,
        f"Mean squared error {first} after the first landscape, {last} after the last. Seed {seed}.",
        f"Maps of |answer - right| after {len(keep)} landscapes: mean squared error {first} to {last}.",
        strip_figure([maps[index] for index in keep], [f"k = {ks[index]}" for index in keep], "|answer - right|"),
        Data(["k", "row", *(f"column {column}" for column in range(maps[0].shape[1]))], rows),
    )


def size(value: float) -> str:
    """Return a mean squared error in short, or that there is none."""
    return f"{value:.2g}" if np.isfinite(value) else "not finite"
