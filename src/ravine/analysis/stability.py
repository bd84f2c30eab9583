"""How often an arm's runs diverge, and when that is too often to call its training stable."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ravine import statistics
from ravine.analysis.measure import Measure
from ravine.analysis.outcome import ENDED, RunResult
from ravine.analysis.plan import DivergenceRule
from ravine.training.rollback import often

UNSTABLE = 0.1
"""A rate of divergence: where the interval of an arm's rate lies above it, its training is unstable."""


def divergence(
    runs: Sequence[RunResult], split: str, measure: Measure, zero: float | None, rule: DivergenceRule
) -> Mapping[str, statistics.RateInterval]:
    """Return every arm's rate of diverged runs, of those that ended, with its Wilson interval.

    `zero`: the zero predictor's cost on the split; None where it was not measured, and only non-finite runs count.
    """
    limit = measure.scale.limit([], zero, "worse-than-zero") if rule == "worse-than-zero" else None
    counts: dict[str, list[bool]] = {run.arm: [] for run in runs}
    for run in runs:
        if run.state in ENDED:
            counts[run.arm].append(diverged(run, split, measure, limit))
    return {arm: statistics.wilson_interval(sum(seen), len(seen)) for arm, seen in counts.items()}


def diverged(run: RunResult, split: str, measure: Measure, limit: float | None) -> bool:
    """Return whether a run that ended diverged: stopped, without a finite cost, or with one beyond the limit."""
    if run.state == "diverged":
        return True
    cost = run.cost(split, measure)
    beyond = limit is not None and cost > limit and measure.scale.fault(cost) is None
    return split in run.splits and (not math.isfinite(cost) or beyond)


def rollback_lines(runs: Sequence[RunResult]) -> list[str]:
    """Return a line for every arm of which runs diverged and went on from an earlier checkpoint."""
    counts: dict[str, list[int]] = {}
    for run in runs:
        counts.setdefault(run.arm, []).append(len(run.facts.get("rollbacks") or ()))
    return [
        f"{arm}: {sum(map(bool, seen))} of {len(seen)} runs diverged and went back to an earlier checkpoint, "
        f"{often(sum(seen))} in all, to continue with a lower learning rate"
        for arm, seen in counts.items()
        if any(seen)
    ]


def unstable(rate: statistics.RateInterval) -> bool:
    """Return whether so many runs diverged that chance at a tolerable rate is no explanation."""
    return rate.low > UNSTABLE


def rate_entry(rate: statistics.RateInterval) -> dict[str, Any]:
    """Return a rate as an entry of `results.json`; the rate of no runs is null."""
    shown = rate.rate if rate.n else None
    return {"count": rate.count, "n": rate.n, "rate": shown, "low": rate.low, "high": rate.high}
