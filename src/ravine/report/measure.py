"""A metric as a reader meets it: its words, its numbers and its axes, written once for every scale."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ravine.analysis import measure
from ravine.report.markdown import hundredths, number, percent
from ravine.report.ticks import Kind
from ravine.statistics import brief

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Measure(measure.Measure):
    """A metric; an *effect* compares two values of it, as a ratio of costs or as a difference in points."""

    @classmethod
    def of(cls, name: str, facts: Mapping[str, Any]) -> "Measure":
        """Return the metric that records describe so."""
        return cls(name, *(facts[fact] for fact in measure.FACTS))

    @property
    def base(self) -> str:
        """The metric's name without the budget of solving at which it was measured."""
        return self.name.partition("@")[0]

    @property
    def ratio(self) -> bool:
        """Whether its effects are ratios; they are differences of shares otherwise."""
        return self.scale_name == "ratio"

    @property
    def title(self) -> str:
        """The label as a title begins."""
        return self.label[:1].upper() + self.label[1:]

    @property
    def axis(self) -> Kind:
        """The axis of its values."""
        return "log" if self.ratio else "percent"

    @property
    def effect_axis(self) -> Kind:
        """The axis of its effects."""
        return "log" if self.ratio else "points"

    @property
    def direction(self) -> str:
        """Which way is an improvement, in words."""
        return f"{self.better.capitalize()} is better."

    @property
    def side(self) -> str:
        """On which side of no difference improvements lie, in words."""
        return f"{'left' if self.ahead(1) < self.ahead(0) else 'right'} of {self.scale.neutral:g}"

    def text(self, value: float | None) -> str:
        """Return a value in words; a dash where there is none."""
        if value is None or not math.isfinite(value):
            return "—"
        return number(value) if self.ratio else percent(value)

    def with_error(self, value: float | None, error: float | None) -> str:
        """Return a value with its standard error behind it, where there is one."""
        if value is None or error is None or not math.isfinite(value + error):
            return self.text(value)
        return f"{number(value)} ± {error:.2g}" if self.ratio else f"{hundredths(value)} ± {hundredths(error)} %"

    def effect(self, value: float, against: float) -> float:
        """Return the effect of one value against another; nan where there is none."""
        first, second = self.scale.transform([self.cost(value), self.cost(against)])
        return self.scale.effect(float(first - second)) if np.isfinite([first, second]).all() else math.nan

    def effect_text(self, value: float) -> str:
        """Return an effect in words; a dash where there is none."""
        return self.scale.shown(value) if math.isfinite(value) else "—"

    def ahead(self, effect: float) -> float:
        """Return how far an effect lies on the better side, for ordering; nan where there is none."""
        return -effect if self.scale.effect(0.5) > self.scale.effect(0.0) else effect

    def better_than(self, effect: float) -> bool:
        """Return whether an effect is an improvement."""
        return self.ahead(effect) > self.ahead(self.scale.neutral)

    def costs(self, values: Values) -> Values:
        """Return the costs of values as the scale compares them."""
        return self.scale.transform(values if self.better == "lower" else self.target - values)

    def back(self, cost: float) -> float:
        """Return the value of a cost as the scale compares them."""
        return self.value(float(self.scale.inverse(cost)))

    def mean(self, values: Values) -> float:
        """Return the mean over runs, of errors the geometric one; nan of nothing, and 0 where an error is exactly 0."""
        return self.back(float(self.costs(values).mean())) if values.size else math.nan

    def spread(self, values: Values) -> float:
        """Return one standard deviation over runs as the scale compares them; nan where there is none."""
        costs = self.costs(values)
        return float(costs.std(ddof=1)) if costs.size > 1 and np.isfinite(costs).all() else math.nan

    def spread_text(self, values: Values) -> str:
        """Return one standard deviation over runs in words, of errors a part of their mean; "" where there is none."""
        sd = self.spread(values)
        if not math.isfinite(sd):
            return ""
        return f"{brief(100 * math.expm1(sd))} %" if self.ratio else f"{hundredths(sd)} points"

    def band(self, values: Values) -> tuple[float, float]:
        """Return the mean of runs less and plus two of its standard errors; the mean itself for a single run."""
        sd, centre = self.spread(values), float(self.costs(values).mean())
        width = 2 * sd / math.sqrt(values.size) if math.isfinite(sd) else 0.0
        first, second = self.back(centre - width), self.back(centre + width)
        return min(first, second), max(first, second)

    def within(self, margin: float) -> tuple[float, float] | None:
        """Return the effects that lie within a margin; None where it is none."""
        if not 0 < margin < 1:
            return None
        delta = self.scale.delta(margin)
        return self.scale.ends(-delta, delta)

    def margin_text(self, margin: float) -> str:
        """Return a margin in words."""
        return self.scale.margin(margin) if math.isfinite(margin) else "not stated"

    def best(self, values: Mapping[str, float]) -> tuple[str, float] | None:
        """Return the best of several values with its name; None of none."""
        return min(values.items(), key=lambda item: self.cost(item[1])) if values else None
