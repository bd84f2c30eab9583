"""Scores seed by seed, and how paired seeds differ."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ravine.report.drawing.rows import Dots, dots_figure
from ravine.report.look import Style
from ravine.report.measure import Measure
from ravine.report.panel import Data, Panel, Section
from ravine.report.reading.subject import Subject
from ravine.report.sections.errors import Counted, counted, leading, told_of

MOST, SPLITS, OTHERS = 24, 3, 3
NEAR, ROOM = 1.5, 0.1
"""A trivial baseline farther than this factor, or this share, from every run is left to the table."""


def seeds(subject: Subject, styles: Mapping[str, Style]) -> Section:
    """Return scores and paired differences by seed on every split; metrics that do not decide, on the first alone."""
    splits = subject.splits[:SPLITS]
    panels = [scores(subject, styles, subject.metric, split) for split in splits]
    words = ["A dot or stroke is a run, a bar the mean, a cross a run that diverged, drawn where it counts."]
    if subject.baseline is not None:
        panels += [differences(subject, styles, split) for split in splits]
        words[0] += " One seed fixes initial weights, problems and noise for every arm, so runs of a seed pair."
    panels += [scores(subject, styles, measure, split) for measure in subject.others[:OTHERS] for split in splits[:1]]
    drawn = [panel for panel in panels if panel is not None]
    return Section("seeds", "Seed by seed", words if drawn else ["No run has a score to draw."], panels=drawn)


def scores(subject: Subject, styles: Mapping[str, Style], measure: Measure, split: str) -> Panel | None:
    """Return every run's score on a split with the trivial baselines near it."""
    found = {arm: counted(subject, measure, runs, split) for arm, runs in subject.by_arm.items()}
    shown = [arm for arm in leading(subject, MOST) if found[arm].values.size]
    if not shown:
        return None
    values = np.concatenate([found[arm].values for arm in shown])
    figure = dots_figure(
        dots(found, shown, styles),
        f"{measure.label} on {split}",
        measure.axis,
        near(subject, measure, split, values),
    )
    means = ", ".join(f"{arm} {measure.text(found[arm].mean)}" for arm in shown)
    return Panel(
        f"errors-{split}" if measure is subject.metric else f"errors-{split}-{measure.name}",
        f"{measure.title}, every run, {split}",
        f"{measure.direction} Dashed lines are trivial rules." + told_of(subject, shown),
        f"Dots of {measure.label} on {split}, a row for each arm. Means: {means}.",
        figure,
        data(found, measure.name),
    )


def dots(found: Mapping[str, Counted], shown: Sequence[str], styles: Mapping[str, Style]) -> list[Dots]:
    """Return a row of dots for each arm that is shown."""
    return [Dots(arm, found[arm].values, found[arm].capped, found[arm].mean, styles[arm]) for arm in shown]


def data(found: Mapping[str, Counted], name: str) -> Data:
    """Return every arm's values by seed as a table."""
    rows = [
        [arm, seed, float(value), "yes" if wild else "no"]
        for arm, entry in found.items()
        for seed, value, wild in zip(entry.seeds, entry.values, entry.capped, strict=True)
    ]
    return Data(["arm", "seed", name, "diverged"], rows)


def near(
    subject: Subject, measure: Measure, split: str, values: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> dict[str, float]:
    """Return the trivial baselines to draw beside some scores: the best one, and others that are close."""
    trivial = subject.baselines(split, measure, trivial=True)
    if measure.ratio:
        trivial = {name: value for name, value in trivial.items() if value > 0}
        values = values[values > 0]
        low, high = (values.min() / NEAR, values.max() * NEAR) if values.size else (math.inf, math.inf)
    else:
        low, high = values.min() - ROOM, values.max() + ROOM
    best = measure.best(trivial)
    if best is None or not values.size:
        return {}
    return {name: value for name, value in trivial.items() if name == best[0] or low <= value <= high}


def differences(subject: Subject, styles: Mapping[str, Style], split: str) -> Panel | None:
    """Return how every run differs on a split from the baseline arm's of the same seed."""
    measure, base = subject.metric, subject.by_arm[subject.baseline or ""]
    effects = {}
    for arm, runs in subject.by_arm.items():
        if arm != subject.baseline:
            effects[arm] = paired(*(counted(subject, measure, some, split, [*runs, *base]) for some in (runs, base)))
    shown = [arm for arm in leading(subject, MOST) if arm in effects and effects[arm].values.size]
    if not shown:
        return None
    ratio = measure.ratio
    figure = dots_figure(
        dots(effects, shown, styles),
        f"{measure.label} over that of {subject.baseline}" if ratio else f"points more than {subject.baseline}",
        measure.effect_axis,
        {},
        measure.scale.neutral,
    )
    better = ", ".join(
        f"{arm} better in {sum(measure.better_than(value) for value in effects[arm].values)} of "
        f"{len(effects[arm].seeds)}"
        for arm in shown
    )
    return Panel(
        f"differences-{split}",
        f"Paired differences, {split}",
        f"Each dot compares a run with that of {subject.baseline} with the same seed; {measure.side} is better."
        + told_of(subject, [*shown, subject.baseline or ""]),
        f"Dots of paired {'ratios' if ratio else 'differences'} on {split}, a row for each arm: {better}.",
        figure,
        data(effects, "ratio" if ratio else "difference"),
    )


def paired(found: Counted, against: Counted) -> Counted:
    """Return the effects at the seeds that both have, where they exist."""
    measure = found.measure
    other = dict(zip(against.seeds, zip(against.values, against.capped, strict=True), strict=True))
    rows = [
        (seed, effect, wild or other[seed][1])
        for seed, value, wild in zip(found.seeds, found.values, found.capped, strict=True)
        if seed in other and math.isfinite(effect := measure.effect(value, other[seed][0]))
    ]
    return Counted(
        measure,
        tuple(seed for seed, _, _ in rows),
        np.array([effect for _, effect, _ in rows], dtype=float),
        np.array([wild for _, _, wild in rows], dtype=bool),
    )
