"""How training went: losses, validation errors and energy gaps over steps."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ravine.report.drawing.lines import Line, Scales, lines_data, lines_figure
from ravine.report.look import Kind, Style
from ravine.report.measure import Measure
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
        measure = validated(subject, read)
        title, caption = f"Validation: {measure.label}, {split}", measure.direction
        panels.append(panel(f"validation-{split}", title, measure.label, found, measure.axis, caption))
    losses = lines(lambda metrics: (metrics.logged["step"], metrics.logged["denoise"]))
    panels.append(panel("denoising", "Denoising loss", "mean |∇E - ε|²", losses, "log", "Lower is better."))
    gaps = lines(lambda metrics: (metrics.logged["step"], metrics.logged["gap"]))
    title, caption = "Energy of negatives above right answers", "Above 0 right answers lie below their negatives."
    panels.append(panel("gap", title, "E(neg) - E(pos)", gaps, "linear", caption))
    drawn = [entry for entry in panels if entry is not None]
    words = [f"Lines are medians over seeds.{band_words(subject)}"] if drawn else ["No metrics were logged."]
    if quiet and drawn:
        words.append(f"{len(quiet)} further arms are drawn in grey without a name; the data name them.")
    broken = sum(metrics.broken for arm in read.values() for metrics in arm)
    if broken:
        words.append(f"In {broken} of the rows read the loss is not finite; lines pass over these rows.")
    return Section("training", "Training", words, panels=drawn)


def validated(subject: Subject, read: Read) -> Measure:
    """Return the metric that runs validated in training."""
    names = [metrics.validated for found in read.values() for metrics in found if metrics.validation]
    return subject.measure(names[0]) if names else subject.metric


def validation(metrics: Metrics, split: str) -> Curve:
    """Return steps and validated values on a split."""
    rows = metrics.validation.get(split, np.empty((0, 2)))
    return rows[:, 0], rows[:, 1]


def panel(key: str, title: str, up: str, lines: Sequence[Line], axis: Kind, caption: str) -> Panel | None:
    """Return a figure of curves over steps; None where there is nothing to draw."""
    if not lines:
        return None
    ends = ", ".join(
        f"{line.name} {line.y[line.known][-1]:.3g}" for line in lines if not line.quiet and line.known.any()
    )
    return Panel(
        key,
        title,
        caption,
        f"{title} over optimiser steps, a line for each arm. At the end: {ends}.",
        lines_figure(lines, Scales("optimiser step", up, y=axis)),
        lines_data(lines, "step", up),
    )
