"""One look at half of the registered seeds: looking after each of 20 seeds gives 23 % false positives."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from ravine.statistics.arguments import at_least
from ravine.statistics.critical import critical_t
from ravine.statistics.distributions import normal_cdf
from ravine.statistics.paired import PairedComparison

EFFICACY_P = 0.001
FUTILITY_POWER = 0.1


class InterimAction(StrEnum):
    """What one interim look says to do; the values are stable names for files."""

    STOP_EFFICACY = "stop-efficacy"
    STOP_FUTILITY = "stop-futility"
    GO_ON = "go-on"


@dataclass(frozen=True)
class InterimLook:
    """The outcome of the one interim look.

    action: stop or go on. p: the look's two-sided p value. seeds, planned: paired seeds seen and registered.
    conditional_power: probability that the full study succeeds if the registered effect is true; NaN where
    the spread cannot be estimated. reason: the action's ground in words.
    """

    action: InterimAction
    p: float
    seeds: int
    planned: int
    conditional_power: float
    reason: str


def conditional_power(comparison: PairedComparison, planned: int, registered: float) -> float:
    """Probability that `planned` seeds end significant on the registered side, given those seen so far.

    With n seen, N planned, the registered mean of d, delta < 0, and c = t_(1 - alpha/(2m), N-1):
    Phi((-(n mean d + (N - n) delta) / s_d - c sqrt N) / sqrt(N - n)), signs reversed for delta > 0.
    The spread seen so far is taken as known. NaN for a degenerate comparison.
    ValueError unless there are seeds left to run and the registered mean is finite and not 0.
    Source: Lachin 2005 (stochastic curtailment).
    """
    if registered == 0 or not math.isfinite(registered):
        raise ValueError(f"the registered effect is {registered}, and has no side to succeed on.")
    at_least(planned, comparison.n + 1, "planned")
    if comparison.degenerate:
        return math.nan
    left = planned - comparison.n
    total = comparison.n * comparison.mean + left * registered
    critical = critical_t(planned, comparison.comparisons, comparison.level)
    reached = math.copysign(total, total * registered) / comparison.spread
    return normal_cdf((reached - critical * math.sqrt(planned)) / math.sqrt(left))


def interim_look(comparison: PairedComparison, planned: int, registered: float) -> InterimLook:
    """The one interim look, at half of the planned seeds (rounded up).

    Stop for efficacy if p < .001 on the registered side; for futility if p < .001 on the other side or the
    conditional power under `registered`, a mean of d, is below 10 %; else go on. A study stopped for efficacy is
    judged by `verdict` with the seeds seen as the registered ones. ValueError at any other number of seeds.
    """
    at_least(planned, 2, "planned")
    half = (planned + 1) // 2
    if comparison.n != half:
        raise ValueError(f"the one interim look is at {half} of {planned} seeds, not at {comparison.n}.")
    chance = conditional_power(comparison, planned, registered)

    def look(action: InterimAction, reason: str) -> InterimLook:
        return InterimLook(action, comparison.p, comparison.n, planned, chance, reason)

    if comparison.degenerate:
        return look(InterimAction.GO_ON, f"nothing can be said yet: {comparison.reason}")
    registered_side = (comparison.mean < 0) == (registered < 0)
    if comparison.p < EFFICACY_P and registered_side:
        return look(InterimAction.STOP_EFFICACY, f"p = {comparison.p:.2g} is below {EFFICACY_P:g}")
    if comparison.p < EFFICACY_P:
        return look(InterimAction.STOP_FUTILITY, f"p = {comparison.p:.2g} against the registered effect")
    success = f"the full study would succeed with probability {chance:.2g}"
    if chance < FUTILITY_POWER:
        return look(InterimAction.STOP_FUTILITY, f"{success} only")
    return look(InterimAction.GO_ON, success)
