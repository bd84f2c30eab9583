"""Records of any version as those of today: schema 1 knew one metric, the mean squared error, and its residual."""

from collections.abc import Callable, Mapping
from typing import Any

Content = Mapping[str, Any]
SCHEMA = 2
MSE = "mse"
RATIO = {"better": "lower", "scale": "ratio", "target": 0.0}
FIRST: Mapping[str, Mapping[str, Any]] = {MSE: {"label": "MSE", **RATIO}, "residual": {"label": "residual", **RATIO}}
"""The metrics of schema 1."""
MOVED = ("standard_error", "skill", "restarts", *FIRST)
"""What of a schema 1 score stands elsewhere today."""


def evaluation(content: Content) -> Content:
    """Return what `evaluation.json` holds, in schema 2."""
    if "metrics" in content or "splits" not in content:
        return content
    return {**content, "schema": SCHEMA, "metrics": FIRST, "splits": each(content["splits"], score)}


def budget(content: Content) -> Content:
    """Return what `budget.json` holds, in schema 2."""
    splits = {split: [score(row) for row in rows] for split, rows in table(content.get("splits")).items()}
    return {**content, "splits": splits}


def baselines(content: Content) -> Content:
    """Return baselines by name and split, in schema 2."""
    return {name: each(splits, score) for name, splits in content.items()}


def results(content: Content) -> Content:
    """Return what `results.json` holds, in schema 2."""
    if content.get("schema") == SCHEMA or "arms" not in content:
        return content
    return {
        **content,
        "schema": SCHEMA,
        "metrics": FIRST,
        "registration": registration(table(content.get("registration"))),
        "baselines": baselines(table(content.get("baselines"))),
        "arms": {
            arm: {**entry, "runs": [run(each) for each in entry["runs"]]} for arm, entry in content["arms"].items()
        },
        "comparisons": [comparison(entry) for entry in content.get("comparisons") or []],
        "compute": compute(table(content.get("compute"))),
    }


def registration(entry: Content) -> Content:
    """Return a registration of results, with the metric that earlier ones took for granted."""
    others = [{**other, "registration": {"metric": MSE, **other["registration"]}} for other in entry.get("others", ())]
    return {"metric": MSE, **entry, "others": others}


def run(entry: Content) -> Content:
    """Return one run's entry of `results.json`, in schema 2."""
    state = entry.get("state", entry.get("status", "unknown"))
    kept = {key: value for key, value in entry.items() if key != "status"}
    return {**kept, "state": state, "splits": each(entry.get("splits"), score)}


def comparison(entry: Content) -> Content:
    """Return a comparison, in schema 2."""
    over = entry.get("over_problems")
    upgraded = {"metric": MSE, "scale": "ratio", **effect(entry)}
    return {**upgraded, "over_problems": effect(over)} if over else upgraded


def effect(entry: Content) -> Content:
    """Return a table whose ratio goes by the name of all scales."""
    return {"effect" if key == "ratio" else key: value for key, value in entry.items()}


def compute(entry: Content) -> Content:
    """Return the section on compute, in schema 2."""
    if not entry or "metric" in entry:
        return entry
    arms = {
        arm: {"value" if key == MSE else key: value for key, value in curve.items()}
        for arm, curve in entry["arms"].items()
    }
    return {**entry, "metric": MSE, "arms": arms, "matched": [effect(each) for each in entry["matched"]]}


def score(entry: Content) -> Content:
    """Return a table of scores, in schema 2: of a run or a baseline on a split, or of a budget."""
    if "metrics" in entry or MSE not in entry:
        return entry
    rest = {key: value for key, value in entry.items() if key not in MOVED}
    values = {MSE: {"value": entry[MSE], "standard_error": entry.get("standard_error")}}
    if "residual" in entry:
        values["residual"] = {"value": entry["residual"], "standard_error": None}
    if "trivial" in entry:
        return {**rest, "metrics": {name: value["value"] for name, value in values.items()}}
    starts = {"starts": entry["restarts"]} if "restarts" in entry else {}
    return {**rest, **starts, "metrics": values, "skill": {MSE: entry.get("skill")}}


def each(splits: Any, change: Callable[[Content], Content]) -> dict[str, Any]:
    """Return a table with every entry changed; entries that are none are left out."""
    return {name: change(entry) for name, entry in table(splits).items() if isinstance(entry, Mapping)}


def table(value: Any) -> Content:
    """Return a table read from JSON; an empty one where something else stands."""
    return value if isinstance(value, Mapping) else {}
