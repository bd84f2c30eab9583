"""Does mining help, at equal steps and at equal compute? Asked where a run without it is at hand."""

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome, below
from ravine.doctor.pipeline import absent
from ravine.doctor.registry import check
from ravine.doctor.shown import History
from ravine.doctor.thresholds import limit

SOLVED = 1e-12
"""Costs this small are those of a solved task."""


@check(
    "D518",
    "mining does not hurt, at equal steps and at equal compute",
    "compare over seeds with `ravine compare` before believing either result",
)
def helps(bench: Bench) -> Outcome:
    """Compare validation costs with the baseline run's at its steps and at its energy evaluations.

    Equal steps decide. Seeds of runs whose costs fall by decades differ by factors, and then only a large one counts;
    equal compute holds a run in mid-training against a finished one, and warns.
    """
    if bench.baseline is None:
        absent("no baseline run is given; add --baseline RUN")
    ours, theirs = bench.pipeline.history(), bench.baseline.history()
    ratios = {name: ratio(ours, theirs, name) for name in ("step", "evaluations")}
    found = {f"cost_ratio_at_equal_{name}": value for name, value in ratios.items() if value is not None}
    if not found:
        absent("the two runs have no validation in common")
    costs = [cost for _, cost in curve(theirs, "step")]
    decades = costs[-1] < limit("decades") * costs[0]
    most = limit("baseline of decades" if decades else "baseline")
    if not (ratios["step"] or 0.0) <= most:
        return Outcome("fail", found, "worse than the baseline run, on one seed")
    if not below(found, limit("baseline")):
        return Outcome("warn", found, "worse than the baseline run, by no more than one seed or the budget may explain")
    return Outcome("pass", found)


def ratio(ours: History, theirs: History, unit: str) -> float | None:
    """Return our cost over theirs at the last amount of `unit` that both have spent."""
    a, b = curve(ours, unit), curve(theirs, unit)
    if not a or not b:
        return None
    spent = min(a[-1][0], b[-1][0])
    reached = [[cost for amount, cost in line if amount <= spent] for line in (a, b)]
    return None if not all(reached) else (reached[0][-1] + SOLVED) / (reached[1][-1] + SOLVED)


def curve(history: History, unit: str) -> list[tuple[float, float]]:
    """Return (spent, first validation cost) along a run."""
    found, spent = [], 0.0
    for row in history.rows:
        spent = float(row.get(unit, spent))
        value = next(iter((row.get("validation") or {}).values()), None)
        if value is not None:
            found.append((spent, history.cost(float(value))))
    return found
