"""The one interim look at half of a study's seeds: stop where every comparison is clear or hopeless."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ravine import statistics
from ravine.analysis.pairing import Compared
from ravine.analysis.plan import Registration
from ravine.statistics import InterimAction

FILE = "interim.json"


def half(registration: Registration) -> int:
    """Return the number of seeds at which the look is taken."""
    return (registration.seeds + 1) // 2


def look(found: Sequence[Compared], registration: Registration) -> dict[str, Any]:
    """Return what the look at the registered comparisons of the first half says, as an entry of `results.json`.

    The study stops if no comparison says go on; one that lacks a seed cannot be judged and goes on.
    """
    looks = [look_at(entry, registration) for entry in found if entry.question.registered]
    stops = bool(looks) and all(entry["action"] != InterimAction.GO_ON for entry in looks)
    return {
        "action": "stop" if stops else "go-on",
        "seeds": half(registration),
        "planned": registration.seeds,
        "comparisons": looks,
    }


def look_at(entry: Compared, registration: Registration) -> dict[str, Any]:
    """Return the look at one comparison, whose registered effect is a gain of the margin."""
    comparison, arm = entry.finding.comparison, entry.question.arm
    if comparison.n != half(registration):
        reason = f"{comparison.n} of {half(registration)} seeds are paired"
        return {"arm": arm, "action": str(InterimAction.GO_ON), "p": None, "conditional_power": None, "reason": reason}
    seen = statistics.interim_look(comparison, registration.seeds, -entry.question.scale.delta(entry.question.margin))
    p = None if comparison.degenerate else seen.p
    power = None if comparison.degenerate else seen.conditional_power
    return {"arm": arm, "action": str(seen.action), "p": p, "conditional_power": power, "reason": seen.reason}


def judged(found: Sequence[Compared], interim: Mapping[str, Any], registration: Registration) -> list[Compared]:
    """Return the comparisons of a study that stopped: efficacy is judged by the seeds seen, futility is named."""
    looks = {entry["arm"]: entry for entry in interim["comparisons"]}
    return [after_stop(entry, looks, registration) for entry in found]


def after_stop(entry: Compared, looks: Mapping[str, Any], registration: Registration) -> Compared:
    """Return one comparison of a study that stopped."""
    if not entry.question.registered:
        return entry
    seen, comparison = looks[entry.question.arm], entry.finding.comparison
    if seen["action"] == InterimAction.STOP_EFFICACY:
        return replace(entry, finding=statistics.verdict(comparison, half(registration), entry.question.margin))
    reason = f"stopped for futility at the interim look: {seen['reason']}"
    return replace(entry, finding=replace(entry.finding, reason=reason))
