"""What a study must know of a metric to compare by it, as runs record it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ravine.statistics import Scale, scale_of, skill
from ravine.statistics.scale import Better, ScaleName

ZERO = "zero"
Baselines = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Name, split -> {"trivial", "metrics": name -> value}."""
FACTS = ("label", "better", "scale", "target")


@dataclass(frozen=True)
class Measure:
    """A metric: its name, label in tables, better direction, the name of its scale, and a perfect answer's value."""

    name: str
    label: str
    better: Better
    scale_name: ScaleName
    target: float

    @classmethod
    def of(cls, name: str, facts: Mapping[str, Any]) -> "Measure":
        """Return the metric of an entry of "metrics" in `evaluation.json` and `results.json`."""
        return cls(name, *(facts[fact] for fact in FACTS))

    def described(self) -> dict[str, Any]:
        """Return that entry."""
        return dict(zip(FACTS, (self.label, self.better, self.scale_name, self.target), strict=True))

    @property
    def scale(self) -> Scale:
        """How two arms are compared by it."""
        return scale_of(self.scale_name, self.better)

    def cost(self, value: float) -> float:
        """Return a value so turned that lower is better: the value itself, or its distance from perfect."""
        return value if self.better == "lower" else self.target - value

    def value(self, cost: float) -> float:
        """Return the value that has a cost."""
        return cost if self.better == "lower" else self.target - cost


Measures = Mapping[str, Measure]


def measures_of(facts: Mapping[str, Mapping[str, Any]]) -> Measures:
    """Return the metrics of "metrics" in `evaluation.json` and `results.json`, by name."""
    return {name: Measure.of(name, entry) for name, entry in facts.items()}


def baseline_value(entry: Mapping[str, Any], measure: Measure) -> float | None:
    """Return a baseline's value on a split; it has no budget of solving, so that `name@STEPSxSTARTS` is `name`."""
    values = entry["metrics"]
    value = values.get(measure.name, values.get(measure.name.partition("@")[0]))
    return None if value is None else float(value)


def trivial_values(baselines: Baselines, split: str, measure: Measure) -> dict[str, float]:
    """Return the trivial predictors' values of a metric on a split, by name."""
    entries = {name: entry[split] for name, entry in baselines.items() if split in entry and entry[split]["trivial"]}
    values = {name: baseline_value(entry, measure) for name, entry in entries.items()}
    return {name: value for name, value in values.items() if value is not None}


def skill_of(value: float | None, split: str, measure: Measure, baselines: Baselines) -> float | None:
    """Return a value's skill against the best trivial predictor on a split; None where it has none."""
    return skill(value, list(trivial_values(baselines, split, measure).values()), measure.target, measure.better)


def at_every_name(baselines: Baselines, measures: Measures) -> Baselines:
    """Return the baselines with their values under the names of all metrics."""
    return {
        name: {
            split: {
                "trivial": entry["trivial"],
                "metrics": {
                    measure.name: value
                    for measure in measures.values()
                    if (value := baseline_value(entry, measure)) is not None
                },
            }
            for split, entry in splits.items()
        }
        for name, splits in baselines.items()
    }
