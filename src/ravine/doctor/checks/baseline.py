"""Does mining help, at equal steps and at equal compute? Asked where a run without it is at hand."""

from collections.abc import Mapping, Sequence
from typing import Any

from ravine.doctor.bench import Bench
from ravine.doctor.finding import Outcome
from ravine.doctor.pipeline import absent
from ravine.doctor.registry import check
from ravine.doctor.thresholds import limit


@check(
    "D518",
    "mining does not hurt, at equal steps and at equal compute",
    "compare over seeds with `ravine compare` before believing either way",
)
def helps(bench: Bench) -> Outcome:
    """Compare validation errors with the baseline run's at its steps and at its energy evaluations.

    Equal steps decide. Seeds of runs whose errors fall by decades differ by factors, and then only a large one counts;
    equal compute holds a run in mid-training against a finished one, and warns.
    """
    if bench.baseline is None:
        absent("no baseline run at hand; add --baseline RUN")
    ours, theirs = bench.pipeline.history().rows, bench.baseline.history().rows
    ratios = {name: ratio(ours, theirs, name) for name in ("step", "evaluations")}
    found = {f"error_ratio_at_equal_{name}": value for name, value in ratios.items() if value is not None}
    if not found:
        absent("the two runs have no validation in common")
    errors = [error for _, error in curve(theirs, "step")]
    decades = errors[-1] < limit("decades") * errors[0]
    most = limit("baseline of decades" if decades else "baseline")
    if (ratios["step"] or 0.0) > most:
        return Outcome("fail", found, "worse than the baseline run, on one seed")
    if max(found.values()) > limit("baseline"):
        return Outcome("warn", found, "worse than the baseline run, by what one seed or the budget may make")
    return Outcome("pass", found)


def ratio(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]], unit: str) -> float | None:
    """Return our error over theirs at the last amount of `unit` that both have spent."""
    a, b = curve(ours, unit), curve(theirs, unit)
    if not a or not b:
        return None
    spent = min(a[-1][0], b[-1][0])
    reached = [[error for amount, error in line if amount <= spent] for line in (a, b)]
    return None if not all(reached) else reached[0][-1] / reached[1][-1]


def curve(rows: Sequence[Mapping[str, Any]], unit: str) -> list[tuple[float, float]]:
    """Return (spent, first validation error) along a run."""
    found, spent = [], 0.0
    for row in rows:
        spent = float(row.get(unit, spent))
        if row.get("validation"):
            error = next(iter(row["validation"].values()))
            if error is not None:
                found.append((spent, float(error)))
    return found
