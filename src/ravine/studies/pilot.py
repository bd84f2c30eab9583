"""What a pilot study tells of the spread over seeds, on which the number of seeds of the next one depends."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ravine import statistics


@dataclass(frozen=True)
class PilotSpread:
    """The spread of one comparison's log-ratios over the seeds at which both runs finished, with its interval.

    `left_out`: seeds at which a run diverged or did not finish.
    """

    arm: str
    against: str
    split: str
    spread: statistics.SpreadInterval
    left_out: int


def pilot_spreads(results: Mapping[str, Any], split: str | None = None) -> list[PilotSpread]:
    """Return the spread of every arm against the baseline on a split, the deciding one by default.

    Read from the runs in `results.json`; empty for a study of a single arm.
    """
    decided = results["registration"]
    against, split = decided["baseline"], split or decided["split"]
    if against not in results["arms"]:
        return []
    base = errors_by_seed(results["arms"][against], split)
    return [
        spread_of(arm, against, split, errors_by_seed(entry, split), base)
        for arm, entry in results["arms"].items()
        if arm != against
    ]


def spread_of(
    arm: str, against: str, split: str, first: Mapping[int, float], second: Mapping[int, float]
) -> PilotSpread:
    """Return one comparison's spread from its errors by seed; nan for runs without a finite error above 0."""
    seeds = sorted(first.keys() | second.keys())
    pairs = [(first.get(seed, math.nan), second.get(seed, math.nan)) for seed in seeds]
    whole = [(a, b) for a, b in pairs if a > 0 and b > 0]
    d = statistics.log_ratios([a for a, _ in whole], [b for _, b in whole])
    return PilotSpread(arm, against, split, statistics.spread_interval(d), len(pairs) - len(whole))


def errors_by_seed(entry: Mapping[str, Any], split: str) -> dict[int, float]:
    """Return an arm's errors on a split by seed; nan for a run that has none."""
    errors = {}
    for run in entry["runs"]:
        mse = run["splits"].get(split, {}).get("mse")
        errors[int(run["seed"])] = math.nan if mse is None or not math.isfinite(mse) else float(mse)
    return errors
