"""Equal compute beside equal steps: arms' validation scores against what training had cost, and where they cross."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ravine import statistics
from ravine.analysis.curves import Curve, FloatArray
from ravine.analysis.measure import Measure, Measures
from ravine.analysis.outcome import RunResult
from ravine.analysis.pairing import margin_of
from ravine.analysis.plan import Registration
from ravine.training.directory import finite

BUDGETS = ("evaluations", "seconds")
Curves = Mapping[str, Sequence[Curve]]
"""By arm, one curve for each of the paired seeds."""


@dataclass(frozen=True)
class ArmCurve:
    """An arm's mean over seeds of transformed costs, with its interval point by point, each field (points,)."""

    evaluations: FloatArray
    seconds: FloatArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    measure: Measure

    def values(self) -> dict[str, FloatArray]:
        """Return the curve in values of the metric: on the scale "ratio" the geometric mean over seeds."""
        lines = [self.measure.scale.inverse(costs) for costs in (self.mean, self.low, self.high)]
        value, low, high = (costs if self.measure.better == "lower" else self.measure.target - costs for costs in lines)
        ends = (low, high) if self.measure.better == "lower" else (high, low)
        return {
            "evaluations": self.evaluations,
            "seconds": self.seconds,
            "value": value,
            "low": ends[0],
            "high": ends[1],
        }


def compute_section(
    runs: Sequence[RunResult], arms: Sequence[str], measures: Measures, registration: Registration
) -> dict[str, Any]:
    """Return the arms' curves, their crossings and the comparisons at equal compute as entries of `results.json`."""
    curves = paired_curves(runs, arms)
    measure = next((seeds[0].measure for seeds in curves.values()), None)
    found = {arm: arm_curve(seeds) for arm, seeds in curves.items()}
    base = registration.baseline
    others = [arm for arm in curves if arm != base] if base in curves else []
    margin = 0.0 if measure is None else margin_of(measure, measures, registration)
    section = {
        "split": registration.split,
        "metric": None if measure is None else measure.name,
        "seeds": min((len(seeds) for seeds in curves.values()), default=0),
        "arms": {
            arm: {name: values.tolist() for name, values in curve.values().items()} for arm, curve in found.items()
        },
        "crossings": [
            {"arm": arm, "against": base, "by": by, **crossing}
            for by in BUDGETS
            for arm in others
            for crossing in crossings(found[arm], found[str(base)], by)
        ],
        "matched": [entry for by in BUDGETS for entry in at_equal_compute(curves, others, by, margin, registration)],
    }
    return dict(finite(section))


def paired_curves(runs: Sequence[RunResult], arms: Sequence[str]) -> Curves:
    """Return the curves of the seeds at which every arm that has curves at all has one."""
    by_arm = {arm: {run.seed: run.curve for run in runs if run.arm == arm and run.curve is not None} for arm in arms}
    with_curves = {arm: seeds for arm, seeds in by_arm.items() if seeds}
    common = set.intersection(*map(set, with_curves.values())) if with_curves else set()
    return {arm: [seeds[seed] for seed in sorted(common)] for arm, seeds in with_curves.items() if common}


def arm_curve(seeds: Sequence[Curve]) -> ArmCurve:
    """Return an arm's mean over seeds against evaluations and mean seconds, with its 95 % t interval.

    Points are those of the seed with the fewest, within the evaluations that every seed reached. The interval holds
    point by point, and is nan for a single seed.
    """
    fewest = min(seeds, key=lambda curve: len(curve.costs))
    low, high = (pick(curve.evaluations[end] for curve in seeds) for pick, end in ((max, 0), (min, -1)))
    grid = fewest.evaluations[(fewest.evaluations >= low) & (fewest.evaluations <= high)]
    lines = np.stack([curve.transformed_at("evaluations", grid) for curve in seeds])
    seconds = np.mean([np.interp(grid, curve.evaluations, curve.seconds) for curve in seeds], axis=0)
    if len(seeds) < 2:
        nothing = np.full_like(lines[0], np.nan)
        return ArmCurve(grid, seconds, lines[0], nothing, nothing, fewest.measure)
    interval = statistics.simultaneous_interval(lines.T)
    return ArmCurve(grid, seconds, interval.mean, interval.low, interval.high, fewest.measure)


def crossings(arm: ArmCurve, base: ArmCurve, by: str) -> list[dict[str, Any]]:
    """Return the budgets at which an arm's curve passes that of the baseline, and which of both is ahead after it."""
    x, y = getattr(arm, by), getattr(base, by)
    if not (len(x) and len(y)):
        return []
    grid = np.unique(np.concatenate([x, y]))
    grid = grid[(grid >= max(x[0], y[0])) & (grid <= min(x[-1], y[-1]))]
    ahead = np.interp(grid, x, arm.mean) - np.interp(grid, y, base.mean)
    grid, ahead = grid[ahead != 0], ahead[ahead != 0]
    found = []
    for i in np.flatnonzero(np.sign(ahead[1:]) != np.sign(ahead[:-1])):
        at = grid[i] + (grid[i + 1] - grid[i]) * ahead[i] / (ahead[i] - ahead[i + 1])
        found.append({"at": float(at), "ahead_after": "arm" if ahead[i + 1] < 0 else "against"})
    return found


def at_equal_compute(
    curves: Curves, others: Sequence[str], by: str, margin: float, registration: Registration
) -> list[dict[str, Any]]:
    """Return each arm against the baseline at the largest budget that all of both arms' runs reached: exploratory."""
    entries = []
    for arm in others:
        first, second = curves[arm], curves[str(registration.baseline)]
        spent = [getattr(curve, by) for curve in (*first, *second)]
        budget = min(float(values[-1]) for values in spent)
        if budget < max(float(values[0]) for values in spent):
            continue
        at, scale = np.array([budget]), first[0].measure.scale
        a, b = ([float(scale.inverse(curve.transformed_at(by, at))[0]) for curve in side] for side in (first, second))
        comparison = statistics.compare(a, b, len(others), scale=scale)
        finding = statistics.verdict(comparison, registration.seeds, margin)
        low, high, p = (None, None, None) if comparison.degenerate else (*comparison.interval, comparison.p)
        entries.append(
            {
                "arm": arm,
                "against": registration.baseline,
                "by": by,
                "at": budget,
                "seeds": comparison.n,
                "effect": comparison.effect,
                "low": low,
                "high": high,
                "p": p,
                "verdict": finding.words,
                "sentence": finding.sentence(arm, str(registration.baseline)),
            }
        )
    return entries
