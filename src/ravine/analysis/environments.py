"""What runs were computed with, side by side: what may change rounding only is shown, and refuses nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from ravine.environment import INFORMATION

Facts = Mapping[str, Any]


def environments(runs: Sequence[Facts]) -> dict[str, dict[str, int]]:
    """Return by field the values that runs recorded, each with the number of runs; `runs`: their facts."""
    found: dict[str, dict[str, int]] = {}
    for run in runs:
        for field, value in (run.get("environment") or {}).items():
            if field not in INFORMATION:
                counts = found.setdefault(field, {})
                counts[str(value)] = counts.get(str(value), 0) + 1
    return found


def differences(runs: Sequence[tuple[str, Facts]]) -> list[str]:
    """Return in sentences where runs, by name, were computed with different things, or one of them moved."""
    fields = environments([facts for _, facts in runs])
    parts = [
        f"{field.replace('_', ' ')} {values_of(counts)}"
        for field, counts in fields.items()
        # The device's name on a processor is the processor's.
        if len(counts) > 1 and not (field == "device_name" and counts == fields.get("processor"))
    ]
    mixed = f"Not all runs were computed with the same, which may change rounding: {'; '.join(parts)}."
    return ([mixed] if parts else []) + [
        f"{name} went on under another environment, and is not bitwise what it would have been: {move}."
        for name, facts in runs
        for move in facts.get("moved") or ()
    ]


def values_of(counts: Mapping[str, int]) -> str:
    """Return a field's values in words, with the number of runs where there are several."""
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{value} ({count} run{'s' if count > 1 else ''})" for value, count in counts.items())
