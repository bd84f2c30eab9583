"""Records of schema 1, read as those of today."""

import json
from pathlib import Path
from typing import Any

from ravine.analysis import upgrade
from ravine.analysis.outcome import read_run
from ravine.analysis.plan import PlannedRun, run_path

SPLIT = {"mse": 0.1, "standard_error": 0.01, "residual": 0.2, "problems": 50, "hash": "a", "solve_evaluations": 70}
EVALUATION: dict[str, Any] = {
    "step": 6, "batch": 8, "version": "a", "training_evaluations": 48,
    "splits": {"same": {**SPLIT, "solve_seconds": 1.0}},
}  # fmt: skip
COMPARISON = {"arm": "a", "against": "none", "split": "same", "ratio": 0.9, "low": 0.8, "high": 0.95}
RESULTS: dict[str, Any] = {
    "schema": 1,
    "baselines": {"zero": {"same": {"mse": 1.0, "trivial": True}}},
    "registration": {"baseline": "none", "others": [{"registration": {"seeds": 3}, "ended_runs": 0}]},
    "arms": {"a": {"kind": "mined", "runs": [{"seed": 0, "status": "finished", "splits": {"same": {
        "mse": 0.1, "standard_error": 0.01, "residual": 0.2, "skill": 0.9}}}]}},
    "comparisons": [{**COMPARISON, "over_problems": {"ratio": 0.91, "low": 0.9, "high": 0.92}}, COMPARISON],
    "compute": {"split": "same", "arms": {"a": {"seconds": [1.0], "mse": [0.1]}}, "matched": [COMPARISON]},
}  # fmt: skip


def test_evaluations_of_schema_1() -> None:
    found = upgrade.evaluation(EVALUATION)
    assert found["metrics"] == upgrade.FIRST
    split = found["splits"]["same"]
    assert split["metrics"]["mse"] == {"value": 0.1, "standard_error": 0.01}
    assert split["metrics"]["residual"] == {"value": 0.2, "standard_error": None}
    assert (split["problems"], split["hash"], split["solve_seconds"]) == (50, "a", 1.0)
    assert upgrade.evaluation(found) is found


def test_results_of_schema_1() -> None:
    found = json.loads(json.dumps(upgrade.results(RESULTS)))
    assert (found["schema"], list(found["metrics"])) == (2, ["mse", "residual"])
    (run,) = found["arms"]["a"]["runs"]
    assert run["state"] == "finished"
    assert "status" not in run
    assert run["splits"]["same"]["metrics"]["mse"]["value"] == 0.1
    assert run["splits"]["same"]["skill"] == {"mse": 0.9}
    assert found["baselines"]["zero"]["same"] == {"trivial": True, "metrics": {"mse": 1.0}}
    assert found["registration"]["metric"] == "mse"
    assert found["registration"]["others"][0]["registration"]["metric"] == "mse"
    first, second = found["comparisons"]
    assert (first["effect"], first["metric"], first["scale"], first["low"]) == (0.9, "mse", "ratio", 0.8)
    assert first["over_problems"]["effect"] == 0.91
    assert "ratio" not in {*first, *second, *first["over_problems"]}
    assert found["compute"]["arms"]["a"] == {"seconds": [1.0], "value": [0.1]}
    assert (found["compute"]["metric"], found["compute"]["matched"][0]["effect"]) == ("mse", 0.9)
    assert upgrade.results(found) is found


def test_runs_of_schema_1_are_read(tmp_path: Path) -> None:
    run = PlannedRun("a", 0, {}, run_path(tmp_path, "a", 0))
    run.path.mkdir(parents=True)
    (run.path / "status.json").write_text(json.dumps({"state": "finished", "step": 6, "seconds": 1.5}))
    (run.path / "evaluation.json").write_text(json.dumps(EVALUATION))
    rows = [{"step": 6, "evaluations": 48, "seconds": 1.0}, {"step": 6, "validation": {"same": 0.3}}]
    (run.path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = read_run(run, "same")
    assert found.value("same", "mse") == 0.1
    assert found.curve is not None
    assert (found.curve.measure.name, found.curve.costs.tolist()) == ("mse", [0.3])
