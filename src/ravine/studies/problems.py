"""How far a registered ratio depends on which problems the fixed test set holds: a bootstrap over problems."""

import math
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ravine import statistics
from ravine.studies.curves import FloatArray
from ravine.studies.plan import PlannedRun
from ravine.training.directory import RunDirectory

MOST_COMPARISONS = 8
"""Studies of more registered comparisons do without: the bootstrap would take longer than all the rest."""
RESAMPLES = 1000


def problem_intervals(
    entries: Sequence[Mapping[str, Any]], plan: Sequence[PlannedRun], split: str
) -> dict[str, dict[str, Any]]:
    """Return by registered arm the ratio of mean errors over seeds and problems, with its interval over problems.

    Seeds at which a run of either arm has no finite errors of its own are left out; an arm without a seed has no entry.
    """
    registered = [entry for entry in entries if entry["registered"] and entry["refused"] is None]
    if not 0 < len(registered) <= MOST_COMPARISONS:
        return {}
    names = {name for entry in registered for name in (entry["arm"], entry["against"])}
    errors = {(run.arm, run.seed): problem_errors(run, split) for run in plan if run.arm in names}
    found = {}
    for entry in registered:
        interval = bootstrap(errors, entry["arm"], entry["against"])
        if interval is not None:
            found[str(entry["arm"])] = interval
    return found


def bootstrap(errors: Mapping[tuple[str, int], FloatArray | None], arm: str, against: str) -> dict[str, Any] | None:
    """Return one comparison's ratio and interval over problems; None where no seed has errors of both arms."""
    pairs = [
        (a, b)
        for (name, seed), a in errors.items()
        if name == arm and a is not None and (b := errors.get((against, seed))) is not None and len(a) == len(b)
    ]
    if not pairs or len({len(a) for a, _ in pairs}) > 1:
        return None
    first, second = (np.mean(side, axis=0) for side in zip(*pairs, strict=True))
    if not (first.any() and second.any()):
        return None
    drawn = statistics.bootstrap_ratio(first, second, np.random.default_rng(0), RESAMPLES)
    numbers = {"ratio": drawn.ratio, "low": drawn.low, "high": drawn.high}
    finite = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
    return {**finite, "problems": drawn.problems, "seeds": len(pairs)}


def problem_errors(run: PlannedRun, split: str) -> FloatArray | None:
    """Return every problem's error on a split, (problems,); None for a run without, or with one that is not finite."""
    file: Path = RunDirectory(run.path).errors
    if not zipfile.is_zipfile(file):
        return None
    with np.load(file) as held:
        if f"{split}/mse" not in held:
            return None
        values: FloatArray = np.asarray(held[f"{split}/mse"], dtype=np.float64)
    return values if np.isfinite(values).all() else None
