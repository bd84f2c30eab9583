"""What a pilot study tells of the spread over seeds, on which the number of seeds of the next one depends."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ravine import statistics
from ravine.analysis.measure import Measure, measures_of


@dataclass(frozen=True)
class PilotSpread:
    """The spread of one comparison's d over the seeds at which both runs finished, with its interval.

    `left_out`: seeds at which a run diverged or did not finish.
    """

    arm: str
    against: str
    split: str
    measure: Measure
    spread: statistics.SpreadInterval
    left_out: int


def pilot_spreads(results: Mapping[str, Any], split: str | None = None) -> list[PilotSpread]:
    """Return the spread of every arm against the baseline by the registered metric, on the deciding split by default.

    Read from the runs in `results.json` of schema 2 (`upgrade.results`); empty for a study of a single arm.
    """
    decided = results["registration"]
    against, split = decided["baseline"], split or decided["split"]
    measure = measures_of(results["metrics"])[decided["metric"]]
    if against not in results["arms"]:
        return []
    base = costs_by_seed(results["arms"][against], split, measure)
    return [
        spread_of(arm, against, split, measure, costs_by_seed(entry, split, measure), base)
        for arm, entry in results["arms"].items()
        if arm != against
    ]


def spread_of(
    arm: str, against: str, split: str, measure: Measure, first: Mapping[int, float], second: Mapping[int, float]
) -> PilotSpread:
    """Return one comparison's spread from its usable costs by seed."""
    both, scale = sorted(first.keys() & second.keys()), measure.scale
    usable = [seed for seed in both if all(fit(costs[seed], measure) for costs in (first, second))]
    d = statistics.differences([first[seed] for seed in usable], [second[seed] for seed in usable], scale)
    left_out = len(first.keys() | second.keys()) - len(usable)
    return PilotSpread(arm, against, split, measure, statistics.spread_interval(d), left_out)


def fit(cost: float, measure: Measure) -> bool:
    """Return whether a cost is finite and has a place on the metric's scale."""
    return math.isfinite(cost) and measure.scale.fault(cost) is None


def costs_by_seed(entry: Mapping[str, Any], split: str, measure: Measure) -> dict[int, float]:
    """Return an arm's costs on a split by seed; nan for a run that has none."""
    values = {int(run["seed"]): run["splits"].get(split, {}).get("metrics", {}) for run in entry["runs"]}
    found = {seed: metrics.get(measure.name, {}).get("value") for seed, metrics in values.items()}
    return {seed: math.nan if value is None else measure.cost(float(value)) for seed, value in found.items()}
