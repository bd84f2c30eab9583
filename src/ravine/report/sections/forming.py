"""The answer forming: where a few problems' answers are wrong, landscape after landscape."""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ravine.report.drawing.maps import digits_figure, strip_figure
from ravine.report.frames import board_frames, given_cells, named
from ravine.report.panel import Cell, Data, Panel, Section
from ravine.report.reading.measured import matrix, measurements
from ravine.report.reading.subject import Facts, Subject, mapping
from ravine.report.sections.errors import leading
from ravine.report.sections.landscapes import FILE, example
from ravine.report.thinning import evenly

ARMS, PROBLEMS = 2, 2
MOST, BOARDS = 10, 6
Values = NDArray[np.float64]


def forming(subject: Subject) -> Section:
    """Return the answers along the landscapes for a few problems; or how to make them."""
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
        "Each square is an answer after one landscape, the smoothest first. Of digits the wrong ones are marked; of "
        "real entries the size of their errors is shown: light is wrong, dark is right, on one logarithmic scale "
        "within a figure."
    )
    return Section("forming", "The answer forming", [words], panels=panels)


def problems(facts: Facts, arm: str, split: str, seed: int) -> list[Panel]:
    """Return a figure for each of the first few problems."""
    ks, digits = facts.get("k"), bool(facts.get("digits"))
    panels: list[Panel] = []
    for index, (right, answers) in enumerate(
        zip(listed(facts.get("right")), listed(facts.get("answers")), strict=False)
    ):
        target, steps = matrix(right), shaped(right, answers)
        if target is None or not any(np.isfinite(step).any() for step in steps) or len(panels) == PROBLEMS:
            continue
        names = ks if isinstance(ks, list) and len(ks) == len(steps) else list(range(len(steps)))[::-1]
        what, told = f"{arm}, problem {index + 1} of {split}", [str(k) for k in names]
        if digits:
            panel = boards(target, steps, told, what, seed, facts, given_cells(facts, index))
        else:
            panel = errors(target, steps, told, what, seed)
        panels.append(replace(panel, frames=board_frames(facts, index, target, steps, digits)))
    return panels


def listed(value: object) -> list[object]:
    """Return a list read from JSON; an empty one where something else stands."""
    return value if isinstance(value, list) else []


def shaped(right: object, answers: object) -> list[Values]:
    """Return the answers after each landscape as rows of numbers, those of the right one's shape."""
    target, found = matrix(right), [matrix(answer) for answer in listed(answers)]
    return [answer for answer in found if target is not None and answer is not None and answer.shape == target.shape]


def errors(right: Values, answers: list[Values], ks: list[str], what: str, seed: int) -> Panel:
    """Return one problem's errors as pictures."""
    maps = [np.abs(answer - right) for answer in answers]
    keep = evenly(len(maps), MOST)
    first, last = (size(float((values**2).mean())) for values in (maps[0], maps[-1]))
    figure = strip_figure([maps[index] for index in keep], [f"k = {ks[index]}" for index in keep], "|answer - right|")
    return panel(
        what, f"Mean squared error {first} after the first landscape, {last} after the last", seed, figure, ks, maps
    )


def boards(
    right: Values, answers: list[Values], ks: list[str], what: str, seed: int, facts: Facts, given: list[int]
) -> Panel:
    """Return one problem's digits, the wrong ones marked, the given ones bold, lines between boxes."""
    keep = evenly(len(answers), BOARDS)
    first, last = (int((answer != right).sum()) for answer in (answers[0], answers[-1]))
    names = [f"k = {ks[index]}" for index in keep]
    kept, symbol = [answers[index] for index in keep], lambda value: named(value, facts)
    figure = digits_figure(kept, right, names, symbol, given, facts.get("rulers"))
    told = f"Of {right.size} digits {first} are wrong after the first landscape, {last} after the last"
    return panel(what, told, seed, figure, ks, answers)


def panel(what: str, told: str, seed: int, figure: Figure, ks: list[str], shown: list[Values]) -> Panel:
    """Return one problem's figure with its data."""
    rows: list[list[Cell]] = [
        [ks[step], row, *(float(f"{value:.3g}") for value in line)]
        for step, values in enumerate(shown)
        for row, line in enumerate(values)
    ]
    header = ["k", "row", *(f"column {column}" for column in range(shown[0].shape[1]))]
    key = f"forming-{what.replace(', ', '-').replace(' ', '-')}"
    return Panel(
        key, what, f"{told}. Seed {seed}.", f"Answers along the landscapes. {told}.", figure, Data(header, rows)
    )


def size(value: float) -> str:
    """Return a mean squared error in short, or that there is none."""
    return f"{value:.2g}" if np.isfinite(value) else "not finite"
