"""Error against what it cost: energy evaluations and seconds of training."""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ravine.report.drawing.lines import Line, Scales, lines_data, lines_figure
from ravine.report.look import Style
from ravine.report.markdown import number
from ravine.report.panel import Panel, Section
from ravine.report.reading.measured import vector
from ravine.report.reading.metrics import Metrics
from ravine.report.reading.subject import Facts, Subject, mapping, real
from ravine.report.sections.curves import Curve, band_words, by_arm
from ravine.report.sections.errors import leading
from ravine.report.sections.training import NAMED, Read, validation

COSTS = {"evaluations": "energy evaluations in training", "seconds": "seconds of training"}


def compute(subject: Subject, styles: Mapping[str, Style], read: Read) -> Section:
    """Return error against evaluations and against seconds, and where arms cross."""
    shown = leading(subject, NAMED)
    given = mapping(subject.results.get("compute"))
    panels = []
    for cost, words in COSTS.items():
        lines = collected(given, cost, styles, shown) or measured(subject, cost, styles, shown, read)
        if lines:
            panels.append(panel(cost, words, lines, subject.deciding or (subject.splits or [""])[0]))
    told = "Equal steps are not equal work: a mining step evaluates the energy more often than a plain one."
    if not panels:
        told = "No validation was logged while training (`training.validate_every`), so there is no curve to draw."
    words_ = [told + (band_words(subject) if panels and not given else "")]
    return Section("compute", "Error against compute", words_, panels=panels, points=list(crossings(given)))


def collected(given: Facts, cost: str, styles: Mapping[str, Style], shown: Sequence[str]) -> list[Line]:
    """Return the arms' lines as the study collected them; none where it did not."""
    lines = []
    for arm in shown:
        entry = mapping(mapping(given.get("arms")).get(arm))
        x, y, low, high = (vector(entry.get(key)) for key in (cost, "mse", "low", "high"))
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
    """Return a run's validation errors against a cost."""
    steps, errors = validation(metrics, split)
    return metrics.at(cost, steps), errors


def panel(cost: str, words: str, lines: Sequence[Line], split: str) -> Panel:
    """Return error against one cost."""
    ends = ", ".join(f"{line.name} {line.y[-1]:.3g} after {line.x[-1]:.3g}" for line in lines if line.y.size)
    return Panel(
        f"compute-{cost}",
        f"Error against {words}",
        "Lower and further left is better.",
        f"Mean squared error on {split} against {words}, a line for each arm: {ends}.",
        lines_figure(lines, Scales(words, f"mean squared error, {split}", log_x=True)),
        lines_data(lines, cost, "mse"),
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
