"""The two scales on which arms are compared: as a ratio of costs, or as a difference in points.

A cost is a metric turned so that lower is better. Both scales make one number d of two paired costs, below 0 where the
first is better, and every test works on d alone; a scale knows how d is made, and how a reader sees it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from ravine.statistics.arguments import fraction
from ravine.statistics.distributions import FloatArray
from ravine.statistics.words import brief

ScaleName = Literal["ratio", "points"]
"""`ratio`: values above 0 of any size, compared by logarithm; `points`: shares from 0 to 1, compared by difference."""
Better = Literal["lower", "higher"]
DivergenceRule = Literal["worse-than-zero", "non-finite"]
SHARE_ROUNDING = 1e-9


class Scale(ABC):
    """How two arms are compared.

    `default_margin`: the least gain that matters unless another is registered; `neutral`: the effect of two equal arms;
    `noun`, `sign`: the effect's name, and what stands between the arms; `better`: what a sentence says of one arm
    against another.
    """

    name: ClassVar[ScaleName]
    default_margin: ClassVar[float]
    neutral: ClassVar[float]
    noun: ClassVar[str]
    sign: ClassVar[str]
    better: ClassVar[str]

    @abstractmethod
    def transform(self, cost: npt.ArrayLike) -> FloatArray:
        """Return costs so turned that d is their difference; an infinite one for a cost without a transform."""

    @abstractmethod
    def inverse(self, transformed: npt.ArrayLike) -> FloatArray:
        """Return the costs that were transformed."""

    @abstractmethod
    def fault(self, cost: float) -> str | None:
        """Return in words why a finite cost cannot be compared on this scale; None where it can."""

    @abstractmethod
    def delta(self, margin: float) -> float:
        """Return a gain in units of d, above 0; ValueError for one outside (0, 1)."""

    @abstractmethod
    def effect(self, d: float) -> float:
        """Return what a reader sees of a mean d."""

    @abstractmethod
    def limit(self, costs: Sequence[float], zero: float | None, rule: DivergenceRule) -> float | None:
        """Return the cost beyond which a run counts as diverged, and at which it then counts; None if it is unknown.

        `costs`: of the runs compared; `zero`: the zero predictor's, None where that was not measured.
        """

    @abstractmethod
    def lost(self, rule: DivergenceRule) -> str:
        """Return what is said of runs that count as diverged."""

    @abstractmethod
    def capped(self, rule: DivergenceRule) -> str:
        """Return the same, and at what they count."""

    @abstractmethod
    def identical(self, n: int) -> str:
        """Return what it means that d is the same for all n seeds, n > 1."""

    @abstractmethod
    def gains(self, margin: str, against: str) -> str:
        """Return the predicate "is better than `against` by the margin"."""

    @abstractmethod
    def gains_not(self, margin: str, against: str) -> str:
        """Return the predicate "is not better than `against` by the margin"."""

    @abstractmethod
    def margin(self, margin: float) -> str:
        """Return a gain as a reader sees it, without a sign."""

    @abstractmethod
    def shown(self, effect: float) -> str:
        """Return an effect as a reader sees it."""

    @abstractmethod
    def spread(self, spread: float) -> str:
        """Return a standard deviation of d as a reader sees it."""

    def ends(self, low: float, high: float) -> tuple[float, float]:
        """Return the effects at both ends of an interval of d, the lower first."""
        first, second = self.effect(low), self.effect(high)
        return min(first, second), max(first, second)

    def interval(self, low: float, high: float) -> str:
        """Return an interval of effects as a reader sees it."""
        return f"{self.shown(low)} to {self.shown(high)}"


class Ratio(Scale):
    """Costs above 0 of any size, such as errors: d = ln a - ln b, and the effect is the ratio a / b."""

    name = "ratio"
    default_margin = 0.05
    neutral = 1.0
    noun = "ratio"
    sign = "/"
    better = "has a lower error than"

    def transform(self, cost: npt.ArrayLike) -> FloatArray:
        """Return ln cost; -inf for 0."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(cost), dtype=np.float64)

    def inverse(self, transformed: npt.ArrayLike) -> FloatArray:
        """Return the exponential; a cost beyond the largest float is infinite, and worth no warning."""
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(transformed), dtype=np.float64)

    def fault(self, cost: float) -> str | None:
        """Return in words that 0 and what lies below have no logarithm: to floor them would invent a ratio."""
        if cost > 0:
            return None
        return f"is {'exactly 0' if cost == 0 else 'below 0'}, and no ratio to it exists"

    def delta(self, margin: float) -> float:
        """Return -ln(1 - margin)."""
        fraction(margin, "margin")
        return -math.log1p(-margin)

    def effect(self, d: float) -> float:
        """Return exp(d), below 1 where the first arm is better."""
        return float(self.inverse(d))

    def limit(self, costs: Sequence[float], zero: float | None, rule: DivergenceRule) -> float | None:
        """Return the zero predictor's cost, or by the rule non-finite the worst that was seen if that is larger."""
        if zero is None or rule == "worse-than-zero":
            return zero
        return max([zero, *(cost for cost in costs if math.isfinite(cost))])

    def lost(self, rule: DivergenceRule) -> str:
        """Return what is said of runs that count as diverged."""
        return "diverged or are worse than predicting zero" if rule == "worse-than-zero" else "diverged"

    def capped(self, rule: DivergenceRule) -> str:
        """Return the same, and at what they count."""
        if rule == "worse-than-zero":
            return f"{self.lost(rule)}, and count as if they predicted zero"
        return "diverged, and count with the worst error seen, or the zero predictor's if that is larger"

    def identical(self, n: int) -> str:
        """Return that it is a fault: measured errors scatter."""
        return f"the ratio is identical over all {n} seeds, a fault"

    def gains(self, margin: str, against: str) -> str:
        """Return the predicate "is better by the margin"."""
        return f"lowers the error by {margin} against {against}"

    def gains_not(self, margin: str, against: str) -> str:
        """Return the predicate "is not better by the margin"."""
        return f"does not lower the error by {margin} against {against}"

    def margin(self, margin: float) -> str:
        """Return a gain as a percentage."""
        return f"{100 * margin:g} %"

    def shown(self, effect: float) -> str:
        """Return a ratio."""
        return brief(effect)

    def spread(self, spread: float) -> str:
        """Return a standard deviation of log-ratios."""
        return f"{spread:.3g}"


@dataclass(frozen=True)
class Points(Scale):
    """Shares from 0 to 1: d = a - b of their costs, and the effect is the difference in the metric's own direction."""

    direction: Better = "higher"

    name = "points"
    default_margin = 0.01
    neutral = 0.0
    noun = "difference"
    sign = "-"
    better = "scores better than"

    def transform(self, cost: npt.ArrayLike) -> FloatArray:
        """Return the costs themselves."""
        return np.asarray(cost, dtype=np.float64)

    def inverse(self, transformed: npt.ArrayLike) -> FloatArray:
        """Return the costs themselves."""
        return np.asarray(transformed, dtype=np.float64)

    def fault(self, cost: float) -> str | None:
        """Return in words that a cost is not that of a share."""
        return None if -SHARE_ROUNDING <= cost <= 1 + SHARE_ROUNDING else "is no share between 0 and 1"

    def delta(self, margin: float) -> float:
        """Return the margin itself, a share: 0.01 is a point."""
        fraction(margin, "margin")
        return margin

    def effect(self, d: float) -> float:
        """Return the difference of values, above 0 where the first is larger; no two shares differ by more than 1."""
        return max(-1.0, min(1.0, d if self.direction == "lower" else -d)) + 0.0

    def limit(self, costs: Sequence[float], zero: float | None, rule: DivergenceRule) -> float | None:
        """Return the worst cost that there is: a share of 0 where higher is better."""
        return 1.0

    def lost(self, rule: DivergenceRule) -> str:
        """Return what is said of runs that count as diverged."""
        return "diverged"

    def capped(self, rule: DivergenceRule) -> str:
        """Return the same, and at what they count."""
        return f"diverged, and count at the worst share, {'100' if self.direction == 'lower' else '0'} %"

    def identical(self, n: int) -> str:
        """Return that nothing is known of the spread: arms at the ceiling of a test set look alike for many reasons."""
        return f"the difference is identical over all {n} seeds, and without a spread it has no interval"

    def gains(self, margin: str, against: str) -> str:
        """Return the predicate "is better by the margin"."""
        return f"scores {margin} better than {against}"

    def gains_not(self, margin: str, against: str) -> str:
        """Return the predicate "is not better by the margin"."""
        return f"does not score {margin} better than {against}"

    def margin(self, margin: float) -> str:
        """Return a gain in points."""
        return f"{100 * margin:g} point{'' if math.isclose(margin, 0.01) else 's'}"

    def shown(self, effect: float) -> str:
        """Return a difference in points, with its sign."""
        return f"{self._number(effect)} points"

    def interval(self, low: float, high: float) -> str:
        """Return an interval in points."""
        return f"{self._number(low)} to {self._number(high)} points"

    def spread(self, spread: float) -> str:
        """Return a standard deviation in points."""
        return f"{100 * spread:.3g} points"

    def _number(self, effect: float) -> str:
        points = 100 * effect
        return f"{points:+.{1 if points == 0 or abs(points) >= 0.1 else 2}f}"


RATIO = Ratio()


def scale_of(name: ScaleName, better: Better = "higher") -> Scale:
    """Return the scale of that name, for a metric whose better values are lower or higher."""
    return RATIO if name == "ratio" else Points(better)
