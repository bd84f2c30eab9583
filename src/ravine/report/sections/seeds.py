"""Errors seed by seed, and how paired seeds differ."""

import math
from collections.abc import Mapping

import numpy as np

from ravine.report.drawing.rows import Dots, dots_figure
from ravine.report.look import Style
from ravine.report.panel import Data, Panel, Section
from ravine.report.reading.subject import Subject
from ravine.report.sections.errors import Counted, counted, leading, told_of

MOST, SPLITS, NEAR = 24, 3, 1.5
"""`NEAR`: a trivial baseline farther than this factor from every run is left to the table."""


def seeds(subject: Subject, styles: Mapping[str, Style]) -> Section:
    """Return errors and paired ratios by seed on every split."""
    panels = [panel for split in subject.splits[:SPLITS] if (panel := errors(subject, styles, split))]
    words = ["A dot or stroke is a run, a bar the geometric mean, a cross a run that diverged, drawn where it counts."]
    if subject.baseline is not None:
        panels += [panel for split in subject.splits[:SPLITS] if (panel := differences(subject, styles, split))]
        words[0] += " One seed fixes initial weights, problems and noise for every arm, so runs of a seed pair."
    return Section("seeds", "Seed by seed", words if panels else ["No run has a score to draw."], panels=panels)


def errors(subject: Subject, styles: Mapping[str, Style], split: str) -> Panel | None:
    """Return every run's error on a split with the trivial baselines near it."""
    found = {arm: counted(subject, runs, split) for arm, runs in subject.by_arm.items()}
    shown = [arm for arm in leading(subject, MOST) if found[arm].values.size]
    if not shown:
        return None
    values = np.concatenate([found[arm].values for arm in shown])
    figure = dots_figure(
        [Dots(arm, found[arm].values, found[arm].capped, styles[arm]) for arm in shown],
        f"mean squared error on {split}",
        near(subject, split, values),
    )
    rows = [
        [arm, seed, float(value), "yes" if wild else "no"]
        for arm, entry in found.items()
        for seed, value, wild in zip(entry.seeds, entry.values, entry.capped, strict=True)
    ]
    means = ", ".join(f"{arm} {found[arm].mean:.3g}" for arm in shown)
    return Panel(
        f"errors-{split}",
        f"Error of every run, {split}",
        "Dashed lines are trivial predictors; left is better." + told_of(subject, shown),
        f"Dots of mean squared error on {split}, a row for each arm. Geometric means: {means}.",
        figure,
        Data(["arm", "seed", "mse", "diverged"], rows),
    )


def near(subject: Subject, split: str, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, float]:
    """Return the trivial baselines to draw beside some errors: the best one, and others that are close."""
    trivial = {name: mse for name, mse in subject.baselines(split, trivial=True).items() if mse > 0}
    positive = values[values > 0]
    if not trivial or not positive.size:
        return {}
    best = min(trivial, key=trivial.__getitem__)
    low, high = positive.min() / NEAR, positive.max() * NEAR
    return {name: mse for name, mse in trivial.items() if name == best or low <= mse <= high}


def differences(subject: Subject, styles: Mapping[str, Style], split: str) -> Panel | None:
    """Return every paired seed's ratio to the baseline arm on a split."""
    base = subject.by_arm[subject.baseline or ""]
    ratios = {}
    for arm, runs in subject.by_arm.items():
        if arm != subject.baseline:
            first, second = (counted(subject, some, split, [*runs, *base]) for some in (runs, base))
            ratios[arm] = paired(first, second)
    shown = [arm for arm in leading(subject, MOST) if arm in ratios and ratios[arm].values.size]
    if not shown:
        return None
    figure = dots_figure(
        [Dots(arm, ratios[arm].values, ratios[arm].capped, styles[arm]) for arm in shown],
        f"error over that of {subject.baseline}, same seed, {split}",
        {},
        one=True,
    )
    rows = [
        [arm, seed, float(value), math.log(value), "yes" if wild else "no"]
        for arm, entry in ratios.items()
        for seed, value, wild in zip(entry.seeds, entry.values, entry.capped, strict=True)
    ]
    better = ", ".join(
        f"{arm} better in {int((ratios[arm].values < 1).sum())} of {len(ratios[arm].seeds)}" for arm in shown
    )
    return Panel(
        f"differences-{split}",
        f"Paired differences, {split}",
        f"Each dot divides a run's error by that of {subject.baseline} with the same seed; left of 1 is better."
        + told_of(subject, [*shown, subject.baseline or ""]),
        f"Dots of the ratio of paired errors on {split}, a row for each arm: {better}.",
        figure,
        Data(["arm", "seed", "ratio", "log ratio", "diverged"], rows),
    )


def paired(found: Counted, against: Counted) -> Counted:
    """Return ratios of the errors at the seeds that both have, where both are above 0."""
    other = dict(zip(against.seeds, zip(against.values, against.capped, strict=True), strict=True))
    rows = [
        (seed, value / other[seed][0], wild or other[seed][1])
        for seed, value, wild in zip(found.seeds, found.values, found.capped, strict=True)
        if seed in other and value > 0 and other[seed][0] > 0
    ]
    return Counted(
        tuple(seed for seed, _, _ in rows),
        np.array([ratio for _, ratio, _ in rows], dtype=float),
        np.array([wild for _, _, wild in rows], dtype=bool),
    )
