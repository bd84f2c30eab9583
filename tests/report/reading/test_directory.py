"""A study and its runs are read alike from records of any version."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.report.planted import THREE, Plan, plant

from ravine.analysis import upgrade
from ravine.report.reading.directory import read
from ravine.report.reading.measured import measurements
from ravine.report.sections.budgets import FILE, table


def edit(file: Path, change: Callable[[Any], Any]) -> None:
    file.write_text(json.dumps(change(json.loads(file.read_text()))))


def first_score(entry: Any) -> Any:
    """Return a score as schema 1 had it."""
    rest = {key: value for key, value in entry.items() if key not in {"metrics", "skill", "starts"}}
    mse = entry["metrics"]["mse"]
    scored = mse if isinstance(mse, dict) else {"value": mse}
    starts = {"restarts": entry["starts"]} if "starts" in entry else {}
    return {**rest, **starts, "mse": scored["value"], "standard_error": scored.get("standard_error")}


def test_a_run_of_schema_1_has_the_scores_baselines_and_budgets_of_today(tmp_path: Path) -> None:
    out = plant(tmp_path / "study", Plan({"none": THREE["none"]}, seeds=1))
    path = out / "runs" / "none" / "seed-0"
    today, budgets = read(path), measurements(read(path), FILE)

    def each(splits: Any) -> Any:
        return {split: first_score(entry) for split, entry in splits.items()}

    edit(path / "evaluation.json", lambda found: {"step": found["step"], "splits": each(found["splits"])})
    edit(
        out / "baselines.json",
        lambda found: {**found, "baselines": {n: each(b) for n, b in found["baselines"].items()}},
    )
    edit(path / FILE, lambda found: {"splits": {s: list(map(first_score, r)) for s, r in found["splits"].items()}})
    before = read(path)
    assert before.metric == today.metric
    for split in ("same", "harder"):
        assert before.runs[0].value(split, "mse") == today.runs[0].value(split, "mse") > 0
        assert before.best_trivial(split, before.metric) == today.best_trivial(split, today.metric)
        (old,), (new,) = (found[split] for found in (measurements(before, FILE, upgrade.budget), budgets))
        columns = slice(0, 4)
        assert (
            table(old.entries[0], today.metric)[:, columns] == table(new.entries[0], today.metric)[:, columns]
        ).all()
