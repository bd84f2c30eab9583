"""The errors that count: every run's, with diverged ones at the cap, as the comparison has them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ravine.report.reading.subject import ENDED, Run, Subject

DIVERGED = "diverged"


@dataclass(frozen=True)
class Counted:
    """The errors of an arm's runs that came to an end, (seeds,), and which of them stand for a run that diverged."""

    seeds: tuple[int, ...]
    values: NDArray[np.float64]
    capped: NDArray[np.bool_]

    @property
    def mean(self) -> float:
        """The geometric mean; nan where no run came to an end, and 0 where one is exact."""
        if not self.values.size:
            return math.nan
        return float(np.exp(np.log(self.values).mean())) if (self.values > 0).all() else 0.0


def counted(subject: Subject, runs: Sequence[Run], split: str, among: Sequence[Run] | None = None) -> Counted:
    """Return the errors that count of some runs on a split; `among`: those compared, all of the subject's if None."""
    cap = subject.cap(split, subject.runs if among is None else among)
    seeds, values, capped = [], [], []
    for run in runs:
        mse = run.mse(split)
        wild = run.status == DIVERGED or (run.status == ENDED and not mse <= (cap if math.isfinite(cap) else math.inf))
        if run.status not in {ENDED, DIVERGED} or (run.status == ENDED and split not in run.splits):
            continue
        value = cap if wild else mse
        if math.isfinite(value):
            seeds.append(run.seed)
            values.append(value)
            capped.append(wild)
    return Counted(tuple(seeds), np.array(values, dtype=float), np.array(capped, dtype=bool))


def leading(subject: Subject, most: int) -> list[str]:
    """Return at most so many arms, in the study's order: the baseline arm, and those of the least error."""
    split = subject.splits[0] if subject.splits else ""
    if len(subject.arms) <= most:
        return subject.arms
    means = {arm: counted(subject, runs, split).mean for arm, runs in subject.by_arm.items()}
    ranked = sorted(subject.arms, key=lambda arm: (arm != subject.baseline, math.isnan(means[arm]), means[arm]))
    return [arm for arm in subject.arms if arm in ranked[:most]]


def told_of(subject: Subject, shown: Sequence[str]) -> str:
    """Return the words for arms that a figure leaves out; none where it shows all."""
    if len(shown) == len(subject.arms):
        return ""
    return (
        f" Of {len(subject.arms)} arms the {len(shown)} of the least error are drawn; the data and the table have all."
    )
