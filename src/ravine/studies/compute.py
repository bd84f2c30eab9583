"""Equal compute beside equal steps: arms' validation errors against what training had cost, and where they cross."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ravine import statistics
from ravine.studies.curves import Curve, FloatArray
from ravine.studies.outcome import RunResult
from ravine.studies.plan import Registration
from ravine.training.directory import finite

BUDGETS = ("evaluations", "seconds")
Curves = Mapping[str, Sequence[Curve]]
"""By arm, one curve for each of the paired seeds."""


def compute_section(runs: Sequence[RunResult], arms: Sequence[str], registration: Registration) -> dict[str, Any]:
    """Return the arms' curves, their crossings and the comparisons at equal compute as entries of `results.json`."""
    curves = paired_curves(runs, arms)
    found = {arm: arm_curve(seeds) for arm, seeds in curves.items()}
    base = registration.baseline
    others = [arm for arm in curves if arm != base] if base in curves else []
    section = {
        "split": registration.split,
        "seeds": min((len(seeds) for seeds in curves.values()), default=0),
        "arms": {arm: {name: values.tolist() for name, values in entry.items()} for arm, entry in found.items()},
        "crossings": [
            {"arm": arm, "against": base, "by": by, **crossing}
            for by in BUDGETS
            for arm in others
            for crossing in crossings(found[arm], found[str(base)], by)
        ],
        "matched": [entry for by in BUDGETS for entry in at_equal_compute(curves, others, by, registration)],
    }
    return dict(finite(section))


def paired_curves(runs: Sequence[RunResult], arms: Sequence[str]) -> Curves:
    """Return the curves of the seeds at which every arm that has curves at all has one."""
    by_arm = {arm: {run.seed: run.curve for run in runs if run.arm == arm and run.curve is not None} for arm in arms}
    with_curves = {arm: seeds for arm, seeds in by_arm.items() if seeds}
    common = set.intersection(*map(set, with_curves.values())) if with_curves else set()
    return {arm: [seeds[seed] for seed in sorted(common)] for arm, seeds in with_curves.items() if common}


def arm_curve(seeds: Sequence[Curve]) -> dict[str, FloatArray]:
    """Return an arm's geometric mean over seeds against evaluations and mean seconds, with its 95 % t interval.

    Points are those of the seed with the fewest, within the evaluations that every seed reached. The interval holds
    point by point, and is nan for a single seed.
    """
    fewest = min(seeds, key=lambda curve: len(curve.mse))
    low, high = (pick(curve.evaluations[end] for curve in seeds) for pick, end in ((max, 0), (min, -1)))
    grid = fewest.evaluations[(fewest.evaluations >= low) & (fewest.evaluations <= high)]
    logs = np.stack([curve.log_mse_at("evaluations", grid) for curve in seeds])
    seconds = np.mean([np.interp(grid, curve.evaluations, curve.seconds) for curve in seeds], axis=0)
    mse = np.exp(logs.mean(axis=0))
    if len(seeds) < 2:
        nothing = np.full_like(mse, np.nan)
        return {"evaluations": grid, "seconds": seconds, "mse": mse, "low": nothing, "high": nothing}
    interval = statistics.simultaneous_interval(logs.T)
    return {"evaluations": grid, "seconds": seconds, "mse": mse, "low": interval.low, "high": interval.high}


def crossings(arm: Mapping[str, FloatArray], base: Mapping[str, FloatArray], by: str) -> list[dict[str, Any]]:
    """Return the budgets at which an arm's curve passes that of the baseline, and which of both is ahead after it."""
    x, y = arm[by], base[by]
    if not (len(x) and len(y)):
        return []
    grid = np.unique(np.concatenate([x, y]))
    grid = grid[(grid >= max(x[0], y[0])) & (grid <= min(x[-1], y[-1]))]
    ahead = np.interp(grid, x, np.log(arm["mse"])) - np.interp(grid, y, np.log(base["mse"]))
    grid, ahead = grid[ahead != 0], ahead[ahead != 0]
    found = []
    for i in np.flatnonzero(np.sign(ahead[1:]) != np.sign(ahead[:-1])):
        at = grid[i] + (grid[i + 1] - grid[i]) * ahead[i] / (ahead[i] - ahead[i + 1])
        found.append({"at": float(at), "ahead_after": "arm" if ahead[i + 1] < 0 else "against"})
    return found


def at_equal_compute(
    curves: Curves, others: Sequence[str], by: str, registration: Registration
) -> list[dict[str, Any]]:
    """Return each arm against the baseline at the largest budget that all of both arms' runs reached: exploratory."""
    entries = []
    for arm in others:
        first, second = curves[arm], curves[str(registration.baseline)]
        spent = [getattr(curve, by) for curve in (*first, *second)]
        budget = min(float(values[-1]) for values in spent)
        if budget < max(float(values[0]) for values in spent):
            continue
        at = np.array([budget])
        a, b = (np.exp([float(curve.log_mse_at(by, at)[0]) for curve in side]) for side in (first, second))
        comparison = statistics.compare(a, b, len(others))
        finding = statistics.verdict(comparison, registration.seeds, registration.margin)
        numbers = {"ratio": comparison.ratio, "low": comparison.low, "high": comparison.high, "p": comparison.p}
        entries.append(
            {
                "arm": arm,
                "against": registration.baseline,
                "by": by,
                "at": budget,
                "seeds": comparison.n,
                **{name: None if comparison.degenerate and name != "ratio" else v for name, v in numbers.items()},
                "verdict": finding.words,
                "sentence": finding.sentence(arm, str(registration.baseline)),
            }
        )
    return entries
