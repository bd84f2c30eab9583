"""How far a registered effect depends on which problems the fixed test set holds: a bootstrap over problems."""

import math
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ravine import statistics
from ravine.analysis.curves import FloatArray
from ravine.analysis.measure import Measure
from ravine.analysis.plan import PlannedRun
from ravine.training.directory import RunDirectory

MOST_COMPARISONS = 8
"""Studies of more registered comparisons do without: the bootstrap would take longer than all the rest."""
RESAMPLES = 1000
Costs = Mapping[tuple[str, int], FloatArray | None]
"""By arm and seed, every problem's cost and weight, (2, problems)."""


def problem_intervals(
    entries: Sequence[Mapping[str, Any]], plan: Sequence[PlannedRun], split: str, measure: Measure
) -> dict[str, dict[str, Any]]:
    """Return by registered arm the effect between means over seeds and problems, with its interval over problems.

    Seeds at which a run of either arm has no finite values of its own are left out; an arm without a seed has no entry.
    """
    registered = [e for e in entries if e["registered"] and e["metric"] == measure.name and e["refused"] is None]
    if not 0 < len(registered) <= MOST_COMPARISONS:
        return {}
    names = {name for entry in registered for name in (entry["arm"], entry["against"])}
    costs = {(run.arm, run.seed): problem_costs(run, split, measure) for run in plan if run.arm in names}
    found = {}
    for entry in registered:
        interval = bootstrap(costs, entry["arm"], entry["against"], measure)
        if interval is not None:
            found[str(entry["arm"])] = interval
    return found


def bootstrap(costs: Costs, arm: str, against: str, measure: Measure) -> dict[str, Any] | None:
    """Return one comparison's effect and interval over problems; None where no seed has values of both arms."""
    pairs = [
        (a, b)
        for (name, seed), a in costs.items()
        if name == arm and a is not None and (b := costs.get((against, seed))) is not None and a.shape == b.shape
    ]
    if not pairs or len({a.shape for a, _ in pairs}) > 1:
        return None
    first, second = (np.mean([run[0] for run in side], axis=0) for side in zip(*pairs, strict=True))
    weights, scale = pairs[0][0][1], measure.scale
    if any((side < 0).any() or scale.fault(float(np.average(side, weights=weights))) for side in (first, second)):
        return None
    drawn = statistics.bootstrap(first, second, np.random.default_rng(0), RESAMPLES, scale=scale, weights=weights)
    numbers = {"effect": drawn.effect, "low": drawn.low, "high": drawn.high}
    finite = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
    return {**finite, "problems": drawn.problems, "seeds": len(pairs)}


def problem_costs(run: PlannedRun, split: str, measure: Measure) -> FloatArray | None:
    """Return every problem's cost on a split and its weight in a mean, (2, problems).

    None for a run without, or with one that is not finite.
    """
    file: Path = RunDirectory(run.path).errors
    if not zipfile.is_zipfile(file):
        return None
    with np.load(file) as held:
        if (key := f"{split}/{measure.name}") not in held:
            return None
        values: FloatArray = np.asarray(held[key], dtype=np.float64)
        weights = np.asarray(held[f"{key}/weights"]) if f"{key}/weights" in held else np.ones_like(values)
    costs = values if measure.better == "lower" else measure.target - values
    both = np.stack([costs, weights])
    return both if np.isfinite(both).all() else None
