"""What a report is about: one study or one run, as plain facts."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from ravine.analysis.measure import ZERO
from ravine.analysis.upgrade import FIRST, MSE
from ravine.report.measure import Measure
from ravine.statistics import skill
from ravine.statistics.scale import DivergenceRule

Facts = Mapping[str, Any]
ENDED = "finished"
ERROR = FIRST[MSE]
"""What is taken for granted of a metric that no record describes."""


def real(value: Any) -> float:
    """Return a number read from JSON; nan for null, for text and for everything else that is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


@dataclass(frozen=True)
class Run:
    """One run: its arm, seed, directory, how it ended, and what it scored."""

    arm: str
    seed: int
    path: Path
    status: str
    splits: Facts
    facts: Facts = field(default_factory=dict)

    def value(self, split: str, metric: str) -> float:
        """Return a metric on a split; nan where there is none that is finite."""
        value = real(mapping(mapping(mapping(self.splits.get(split)).get("metrics")).get(metric)).get("value"))
        return value if math.isfinite(value) else math.nan

    @property
    def reason(self) -> str:
        """Why the run has no scores."""
        return str(self.facts.get("reason") or "no reason given")


@dataclass(frozen=True)
class Subject:
    """A study or a run and everything its directory says of it.

    `results`: as in `results.json`; `study`: as in `study.json`; `config`: of the study's run; `collected`: whether
    the study came to its end and was collected.
    """

    kind: Literal["study", "run"]
    path: Path
    name: str
    runs: tuple[Run, ...]
    results: Facts
    study: Facts
    config: Facts
    collected: bool

    @cached_property
    def arms(self) -> list[str]:
        """The arms' names, in the study's order."""
        return list(dict.fromkeys(run.arm for run in self.runs))

    @cached_property
    def by_arm(self) -> dict[str, list[Run]]:
        """The runs of every arm."""
        return {arm: [run for run in self.runs if run.arm == arm] for arm in self.arms}

    @property
    def registration(self) -> Facts:
        """What was decided before the first run."""
        return mapping(self.results.get("registration"))

    @property
    def baseline(self) -> str | None:
        """The arm that the others are compared with."""
        found = self.registration.get("baseline")
        return str(found) if found in self.arms else None

    @cached_property
    def splits(self) -> list[str]:
        """The names of the splits; the one that decides comes first."""
        scored = dict.fromkeys(split for run in self.runs for split in run.splits)
        names = list(dict.fromkeys([*mapping(self.results.get("splits")), *scored]))
        return sorted(names, key=lambda name: name != self.deciding)

    @property
    def deciding(self) -> str | None:
        """The split that decides."""
        found = self.registration.get("split")
        return None if found is None else str(found)

    @property
    def margin(self) -> float:
        """The least improvement that matters, as decided beforehand; nan where nothing was."""
        return real(self.registration.get("margin"))

    @property
    def comparisons(self) -> list[Facts]:
        """The comparisons, those that decide first."""
        found = [mapping(entry) for entry in self.results.get("comparisons") or []]
        return sorted(found, key=lambda entry: not decides(entry))

    @cached_property
    def described(self) -> dict[str, Measure]:
        """The metrics that runs and results describe, by name in the task's order: the first is trained by."""
        tables = [mapping(self.results.get("metrics")), *(mapping(run.facts.get("metrics")) for run in self.runs)]
        return {name: Measure.of(name, facts) for table in tables for name, facts in table.items()}

    @cached_property
    def metrics(self) -> dict[str, Measure]:
        """The metrics by name, the registered one first."""
        first = str(self.registration.get("metric") or next(iter(self.described or FIRST)))
        return {first: Measure.of(first, {**ERROR, "label": first}), **self.described}

    @property
    def metric(self) -> Measure:
        """The metric that was registered, or else the first one."""
        return next(iter(self.metrics.values()))

    @property
    def others(self) -> list[Measure]:
        """The metrics that were not registered."""
        return list(self.metrics.values())[1:]

    def measure(self, name: object) -> Measure:
        """Return a metric by name; one that no record describes goes by its name."""
        return self.metrics.get(str(name), Measure.of(str(name), {**ERROR, "label": str(name)}))

    def baselines(self, split: str, measure: Measure, trivial: bool | None = None) -> dict[str, float]:
        """Return the baselines' values on a split: of all, or of the trivial ones, or of the others."""
        found: dict[str, float] = {}
        for name, entry in mapping(self.results.get("baselines")).items():
            here = mapping(mapping(entry).get(split))
            values = mapping(here.get("metrics"))
            value = real(values.get(measure.name, values.get(measure.base)))
            if math.isfinite(value) and trivial in (None, bool(here.get("trivial"))):
                found[name] = value
        return found

    def best_trivial(self, split: str, measure: Measure) -> tuple[str, float] | None:
        """Return the best trivial baseline of a split by name and value."""
        return measure.best(self.baselines(split, measure, trivial=True))

    def skill(self, value: float, split: str, measure: Measure) -> float | None:
        """Return the skill of a value on a split; None where it is not defined."""
        trivial = list(self.baselines(split, measure, trivial=True).values())
        return skill(value, trivial, measure.target, measure.better) if math.isfinite(value) else None

    @property
    def rule(self) -> DivergenceRule:
        """Which runs count as diverged, as decided beforehand."""
        return "non-finite" if self.registration.get("divergence") == "non-finite" else "worse-than-zero"

    def worst(self, split: str, measure: Measure, runs: Iterable[Run]) -> float:
        """Return the value beyond which some compared runs count as diverged, and at which they then count.

        It is nan where nothing says so: the zero predictor was not measured.
        """
        zero = self.baselines(split, measure).get(ZERO)
        # The other rule asks for none, and there may be a thousand runs.
        seen = runs if self.rule == "non-finite" else ()
        costs = [measure.cost(run.value(split, measure.name)) for run in seen]
        limit = measure.scale.limit(costs, None if zero is None else measure.cost(zero), self.rule)
        return math.nan if limit is None else measure.value(limit)


def mapping(value: Any) -> Facts:
    """Return a table read from JSON; an empty one where something else stands."""
    return value if isinstance(value, Mapping) else {}


def decides(entry: Facts) -> bool:
    """Return whether a comparison was registered beforehand."""
    return bool(entry.get("registered")) and not entry.get("exploratory")
