"""The scores that count: every run's, with diverged ones where the comparison has them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ravine.report.measure import Measure
from ravine.report.reading.subject import ENDED, Run, Subject

DIVERGED = "diverged"


@dataclass(frozen=True)
class Counted:
    """A metric of an arm's runs that came to an end, (seeds,), and which of them stand for a run that diverged."""

    measure: Measure
    seeds: tuple[int, ...]
    values: NDArray[np.float64]
    capped: NDArray[np.bool_]

    @property
    def mean(self) -> float:
        """The metric's mean over runs; nan where none came to an end."""
        return self.measure.mean(self.values)


def counted(
    subject: Subject, measure: Measure, runs: Sequence[Run], split: str, among: Sequence[Run] | None = None
) -> Counted:
    """Return the scores that count of some runs on a split; `among`: those compared, all of the subject's if None."""
    worst = subject.worst(split, measure, subject.runs if among is None else among)
    beyond = measure.cost(worst) if math.isfinite(worst) else math.inf
    seeds, values, capped = [], [], []
    for run in runs:
        value = run.value(split, measure.name)
        wild = run.status == DIVERGED or (run.status == ENDED and not measure.cost(value) <= beyond)
        if run.status not in {ENDED, DIVERGED} or (run.status == ENDED and split not in run.splits):
            continue
        value = worst if wild else value
        if math.isfinite(value):
            seeds.append(run.seed)
            values.append(value)
            capped.append(wild)
    return Counted(measure, tuple(seeds), np.array(values, dtype=float), np.array(capped, dtype=bool))


def leading(subject: Subject, most: int) -> list[str]:
    """Return at most so many arms, in the study's order: the baseline arm, and the best ones."""
    split = subject.splits[0] if subject.splits else ""
    if len(subject.arms) <= most:
        return subject.arms
    measure = subject.metric
    costs = {arm: measure.cost(counted(subject, measure, runs, split).mean) for arm, runs in subject.by_arm.items()}
    ranked = sorted(subject.arms, key=lambda arm: (arm != subject.baseline, math.isnan(costs[arm]), costs[arm]))
    return [arm for arm in subject.arms if arm in ranked[:most]]


def told_of(subject: Subject, shown: Sequence[str]) -> str:
    """Return the words for arms that a figure leaves out; none where it shows all."""
    if len(shown) == len(subject.arms):
        return ""
    return f" Of {len(subject.arms)} arms the {len(shown)} best are drawn; the data and the table have all."
