"""Scores against what they cost: energy evaluations and seconds of training."""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ravine.report.drawing.lines import Line, Scales, lines_data, lines_figure
from ravine.report.look import Style
from ravine.report.markdown import number
from ravine.report.measure import Measure
from ravine.report.panel import Panel, Section
from ravine.report.reading.measured import vector
from ravine.report.reading.metrics import Metrics
from ravine.report.reading.subject import Facts, Subject, mapping, real
from ravine.report.sections.curves import Curve, band_words, by_arm
from ravine.report.sections.errors import leading
from ravine.report.sections.training import NAMED, Read, validated, validation

COSTS = {"evaluations": "energy evaluations in training", "seconds": "seconds of training"}


def compute(subject: Subject, styles: Mapping[str, Style], read: Read) -> Section:
    """Return the validated metric against evaluations and against seconds, and where arms cross."""
    given = mapping(subject.results.get("compute"))
    shown, measure = leading(subject, NAMED), validated(subject, read)
    panels = []
    for cost, words in COSTS.items():
        lines = collected(given, measure, cost, styles, shown) or measured(subject, cost, styles, shown, read)
        if lines:
            panels.append(panel(measure, cost, words, lines, subject.deciding or (subject.splits or [""])[0]))
    told = "Equal steps are not equal work: a mining step evaluates the energy more often than a plain one."
    if not panels:
        told = "No validation was logged while training (`training.validate_every`), so there is no curve to draw."
    words_ = [told + (band_words(subject) if panels and not given else "")]
    return Section("compute", "Scores against compute", words_, panels=panels, points=list(crossings(given)))


def collected(
    given: Facts, measure: Measure, cost: str, styles: Mapping[str, Style], shown: Sequence[str]
) -> list[Line]:
    """Return the arms' lines as the study collected them; none where it did not."""
    lines = []
    for arm in shown:
        entry = mapping(mapping(given.get("arms")).get(arm))
        x, y, low, high = (vector(entry.get(key)) for key in (cost, "value", "low", "high"))
        if x.size and x.size == y.size:
            known = np.isfinite(x) & np.isfinite(y)
            banded = low.size == high.size == x.size
            edges = (low[known], high[known]) if banded else (None, None)
            if known.any():
                lines.append(Line(arm, x[known], y[known], styles[arm], *edges))
    return lines


def measured(subject: Subject, cost: str, styles: Mapping[str, Style], shown: Sequence[str], read: Read) -> list[Line]:
    """Return the arms' lines from the runs' own validations, each at what had been spent by then."""
    if not subject.splits:
        return []
    split = subject.splits[0]
    return by_arm({arm: [spent(metrics, split, cost) for metrics in read[arm]] for arm in shown}, styles, shown)


def spent(metrics: Metrics, split: str, cost: str) -> Curve:
    """Return a run's validated values against a cost."""
    steps, values = validation(metrics, split)
    return metrics.at(cost, steps), values


def panel(measure: Measure, cost: str, words: str, lines: Sequence[Line], split: str) -> Panel:
    """Return the metric against one cost."""
    ends = ", ".join(f"{line.name} {measure.text(line.y[-1])} after {line.x[-1]:.3g}" for line in lines if line.y.size)
    return Panel(
        f"compute-{cost}",
        f"{measure.title} against {words}",
        f"{measure.direction} Further left is cheaper.",
        f"{measure.title} on {split} against {words}, a line for each arm: {ends}.",
        lines_figure(lines, Scales(words, f"{measure.label}, {split}", "log", measure.axis)),
        lines_data(lines, cost, measure.name),
    )


def crossings(given: Facts) -> Iterator[str]:
    """Yield where arms cross, in words."""
    found = given.get("crossings")
    for entry in found if isinstance(found, list) else []:
        arm, against, by = (str(mapping(entry).get(key)) for key in ("arm", "against", "by"))
        by = COSTS.get(by, by).split(" in ")[0].split(" of ")[0]
        at = real(mapping(entry).get("at"))
        if math.isfinite(at):
            yield f"Counted in {by}, {arm} and {against} cross at {number(at)}."
        else:
            yield f"Counted in {by}, {arm} and {against} do not cross."
