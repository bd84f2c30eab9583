"""How training went: losses, validation errors and energy gaps over steps."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ravine.report.drawing.lines import Line, Scales, lines_data, lines_figure
from ravine.report.look import Style
from ravine.report.panel import Panel, Section
from ravine.report.reading.metrics import Metrics
from ravine.report.reading.subject import Subject
from ravine.report.sections.curves import Curve, band_words, by_arm
from ravine.report.sections.errors import leading

NAMED, QUIET, SPLITS = 7, 20, 2
Read = Mapping[str, Sequence[Metrics]]


def training(subject: Subject, styles: Mapping[str, Style], read: Read) -> Section:
    """Return the curves of training."""
    shown = leading(subject, NAMED)
    quiet = [arm for arm in subject.arms if arm not in shown][:QUIET]

    def lines(curve: Callable[[Metrics], Curve]) -> list[Line]:
        curves = {arm: [curve(metrics) for metrics in read[arm]] for arm in [*shown, *quiet]}
        return by_arm(curves, styles, shown, quiet)

    panels = []
    for split in subject.splits[:SPLITS]:
        found = lines(lambda metrics, split=split: validation(metrics, split))  # type: ignore[misc]
        title = f"Validation error, {split}"
        panels.append(panel(subject, f"validation-{split}", title, "mean squared error", found, True))
    losses = lines(lambda metrics: (metrics.logged["step"], metrics.logged["denoise"]))
    panels.append(panel(subject, "denoising", "Denoising loss", "mean |∇E - ε|²", losses, True))
    gaps = lines(lambda metrics: (metrics.logged["step"], metrics.logged["gap"]))
    panels.append(panel(subject, "gap", "Energy of negatives above right answers", "E(neg) - E(pos)", gaps, False))
    drawn = [entry for entry in panels if entry is not None]
    words = [f"Lines are medians over seeds.{band_words(subject)}"] if drawn else ["No metrics were logged."]
    if quiet and drawn:
        words.append(f"{len(quiet)} further arms are drawn in grey without a name; the data name them.")
    broken = sum(metrics.broken for arm in read.values() for metrics in arm)
    if broken:
        words.append(f"In {broken} of the rows read the loss is not finite; lines pass over these rows.")
    return Section("training", "Training", words, panels=drawn)


def validation(metrics: Metrics, split: str) -> Curve:
    """Return steps and validation errors on a split."""
    rows = metrics.validation.get(split, np.empty((0, 2)))
    return rows[:, 0], rows[:, 1]


def panel(subject: Subject, key: str, title: str, up: str, lines: Sequence[Line], log: bool) -> Panel | None:
    """Return a figure of curves over steps; None where there is nothing to draw."""
    if not lines:
        return None
    ends = ", ".join(
        f"{line.name} {line.y[line.known][-1]:.3g}" for line in lines if not line.quiet and line.known.any()
    )
    return Panel(
        key,
        title,
        "Lower is better." if log else "Above 0 the energy ranks right answers below their negatives.",
        f"{title} over optimiser steps, a line for each arm. At the end: {ends}.",
        lines_figure(lines, Scales("optimiser step", up, log_y=log)),
        lines_data(lines, "step", up),
    )
