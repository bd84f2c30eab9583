"""Results collected from run directories made by hand, whose right answers are known."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ravine.analysis.plan import PlannedRun, Registration, run_path
from ravine.analysis.upgrade import FIRST
from ravine.experiments.results import results

BASELINES: dict[str, dict[str, dict[str, Any]]] = {
    name: {
        split: {"trivial": trivial, "metrics": {"mse": mse}}
        for split, mse in zip(("same", "harder"), by_split, strict=True)
    }
    for name, trivial, by_split in (
        ("zero", True, (1.0, 4.0)),
        ("least squares", True, (0.5, 2.0)),
        ("exact", False, (1e-9, 1e-9)),
    )
}
Errors = Mapping[str, Sequence[float | str | None]]
"""Arm -> by seed: the MSE on `same` (`harder` has ten times that), or the state of a run without one."""


def make_run(run: PlannedRun, error: float | str | None) -> None:
    if error == "new":
        return
    run.path.mkdir(parents=True)
    state = error if isinstance(error, str) else "finished"
    status = {"state": state, "step": 6, "seconds": 1.5, **({"error": "it broke"} if state == "diverged" else {})}
    (run.path / "status.json").write_text(json.dumps(status))
    if isinstance(error, str):
        return
    common = {"problems": 50, "solve_evaluations": 70, "solve_seconds": 0.25}
    scores = {"same": error, "harder": None if error is None else 10 * error}
    residual = {"value": 0.2, "standard_error": None}
    splits = {
        name: {
            "metrics": {"mse": {"value": mse, "standard_error": 0.1}, "residual": residual},
            "hash": f"hash of {name}",
            **common,
        }
        for name, mse in scores.items()
    }
    content = {"schema": 2, "step": 6, "training_evaluations": 480, "metrics": FIRST, "splits": splits}
    (run.path / "evaluation.json").write_text(json.dumps(content))


def collected(folder: Path, errors: Errors, baseline: str | None = "none", **changes: Any) -> dict[str, Any]:
    seeds = len(next(iter(errors.values())))
    plan = [PlannedRun(arm, seed, {}, run_path(folder, arm, seed)) for seed in range(seeds) for arm in errors]
    for run in plan:
        make_run(run, errors[run.arm][run.seed])
    changes.get("spoil", lambda: None)()
    registration = Registration(baseline, changes.get("registered", seeds), "same", 0.05, **changes.get("decided", {}))
    return results("inverse/4x4", plan, changes.get("baselines", BASELINES), registration)


def entry(found: Mapping[str, Any], arm: str, split: str = "same") -> dict[str, Any]:
    (match,) = [e for e in found["comparisons"] if (e["arm"], e["split"], e["metric"]) == (arm, split, "mse")]
    return dict(match)


def test_the_schema_is_the_documented_one(tmp_path: Path) -> None:
    found = collected(tmp_path, {"none": [0.2, 0.3, 0.4], "random": [0.2, "diverged", 0.3]})
    assert found["schema"] == 2
    assert set(found) >= {"schema", "task", "metrics", "splits", "baselines", "arms", "comparisons"}
    for arm in found["arms"].values():
        for run in arm["runs"]:
            keys = {"seed", "state", "splits", "train_seconds", "solve_seconds", "energy_evaluations", "steps"}
            assert set(run) >= keys, run["state"]
            for split in run["splits"].values():
                assert set(split) == {"metrics", "skill"}
    keys = {"arm", "against", "split", "metric", "scale", "effect", "low", "high", "p", "verdict"}
    assert all(set(e) >= keys for e in found["comparisons"])
    json.dumps(found, allow_nan=False)


def test_a_finished_run_carries_scores_skill_and_cost(tmp_path: Path) -> None:
    found = collected(tmp_path, {"none": [0.2], "random": [0.1]})
    (run,) = found["arms"]["random"]["runs"]
    assert run["splits"]["same"] == {
        "metrics": {
            "mse": {"value": 0.1, "standard_error": 0.1},
            "residual": {"value": 0.2, "standard_error": None},
        },
        "skill": {"mse": pytest.approx(0.8), "residual": None},
    }
    assert run["splits"]["harder"]["skill"]["mse"] == pytest.approx(0.5)
    cost = {key: run[key] for key in ("steps", "train_seconds", "solve_seconds", "energy_evaluations")}
    assert cost == {"steps": 6, "train_seconds": 1.5, "solve_seconds": 0.5, "energy_evaluations": 480}
    assert found["splits"]["same"] == {"problems": 50, "hash": "hash of same", "decides": True}
    assert found["splits"]["harder"]["decides"] is False


def test_the_evidence_says_who_is_no_better_than_a_trivial_predictor(tmp_path: Path) -> None:
    found = collected(tmp_path, {"none": [0.6, 0.7, 0.8], "random": [0.1, 0.2, 0.3]})
    line = "same: on average no better than the trivial predictor least squares (MSE 0.5): none."
    assert line in found["outcome"]["evidence"]


def test_runs_are_paired_by_seed(tmp_path: Path) -> None:
    # Random is 20, 19 and 21 % better seed by seed, though errors differ tenfold between seeds.
    found = collected(tmp_path, {"none": [0.01, 0.1, 0.9], "random": [0.008, 0.081, 0.711]})
    ratio = math.exp(sum(math.log(r) for r in (0.8, 0.81, 0.79)) / 3)
    compared = entry(found, "random")
    assert compared["effect"] == pytest.approx(ratio)
    assert compared["low"] < ratio < compared["high"] < 1
    assert compared["seeds"] == 3
    assert compared["registered"] is True
    assert compared["diverged"] == [0, 0]
    assert compared["p"] < 0.05
    assert "diverged" not in compared["sentence"]


def test_every_other_arm_is_compared_with_the_baseline_on_every_split(tmp_path: Path) -> None:
    found = collected(tmp_path, {"none": [0.1] * 3, "a": [0.2] * 3, "b": [0.3] * 3})
    pairs = {
        (e["arm"], e["against"], e["split"], e["registered"]) for e in found["comparisons"] if e["metric"] == "mse"
    }
    with_baseline = {(arm, "none", split, split == "same") for arm in "ab" for split in ("same", "harder")}
    assert pairs == with_baseline | {("b", "a", "same", False)}
    further = [(e["arm"], e["split"], e["exploratory"]) for e in found["comparisons"] if e["metric"] == "residual"]
    assert further == [("a", "same", True), ("b", "same", True)]


def test_a_diverged_run_counts_at_the_zero_predictor(tmp_path: Path) -> None:
    compared = entry(collected(tmp_path, {"none": [0.1, 0.2, 0.3], "random": [0.1, "diverged", 0.31]}), "random")
    ratio = math.exp((math.log(0.1 / 0.1) + math.log(1.0 / 0.2) + math.log(0.31 / 0.3)) / 3)
    assert compared["effect"] == pytest.approx(ratio)
    assert (compared["seeds"], compared["diverged"]) == (3, [1, 0])
    assert "1 of 3 runs of random and 0 of 3 runs of none diverged" in compared["sentence"]


@pytest.mark.parametrize("error", [7.0, None])
def test_a_run_worse_than_zero_or_without_a_finite_score_counts_as_diverged(
    tmp_path: Path, error: float | None
) -> None:
    found = collected(tmp_path, {"none": [0.1, error, 0.3], "random": [0.1, 0.2, 0.31]})
    compared = entry(found, "random")
    assert compared["diverged"] == [0, 1]
    assert compared["effect"] == pytest.approx(math.exp((math.log(0.2 / 1.0) + math.log(0.31 / 0.3)) / 3))
    skill = found["arms"]["none"]["runs"][1]["splits"]["same"]["skill"]["mse"]
    assert skill is None if error is None else skill == pytest.approx(1 - 7 / 0.5)


@pytest.mark.parametrize("error", ["diverged", 7.0])
@pytest.mark.parametrize("seeds", [1, 3])
def test_where_all_diverged_nothing_is_called_identical(tmp_path: Path, error: float | str, seeds: int) -> None:
    compared = entry(collected(tmp_path, {"none": [error] * seeds, "random": [error] * seeds}), "random")
    assert compared["diverged"] == [seeds, seeds]
    for words in (compared["verdict"], compared["sentence"]):
        assert "all runs of both arms diverged or are worse than predicting zero" in words
        assert "identical" not in words
    assert compared["verdict"].startswith("not decidable")
    assert compared["p"] is None


def test_equal_errors_that_nobody_imputed_stay_a_fault(tmp_path: Path) -> None:
    assert "identical" in entry(collected(tmp_path, {"none": [0.1] * 3, "a": [0.1] * 3}), "a")["verdict"]


@pytest.mark.parametrize("state", ["interrupted", "running", "failed", "new"])
def test_an_unfinished_run_leaves_its_seed_out_and_says_why(tmp_path: Path, state: str) -> None:
    found = collected(tmp_path, {"none": [0.1, 0.2, 0.3, 0.4], "random": [0.2, 0.3, state, 0.5]})
    run = found["arms"]["random"]["runs"][2]
    assert run["state"] == ("failed" if state == "running" else state)
    assert run["reason"]
    assert run["splits"] == {}
    compared = entry(found, "random")
    assert (compared["seeds"], compared["diverged"]) == (3, [0, 0])
    assert compared["verdict"].startswith("not decidable: 3 of 4 registered seeds are finished")
    assert ("1 of 4 runs of random failed" in compared["verdict"]) == (run["state"] == "failed")


def test_the_last_line_of_a_failed_runs_log_is_its_reason(tmp_path: Path) -> None:
    path = run_path(tmp_path, "none", 0)
    path.mkdir(parents=True)
    (path / "train.log").write_text("Traceback\nValueError: no such thing\n")
    found = collected(tmp_path, {"none": ["new"]}, None)
    assert found["arms"]["none"]["runs"][0]["reason"] == "ValueError: no such thing"


def test_a_single_arm_is_compared_with_nothing(tmp_path: Path) -> None:
    found = collected(tmp_path, {"random": [0.1, 0.2]}, None)
    assert found["comparisons"] == []
    assert len(found["arms"]["random"]["runs"]) == 2


def test_skill_is_none_beside_an_exact_trivial_baseline_or_none_at_all(tmp_path: Path) -> None:
    exact = {**BASELINES, "linear": {name: {"trivial": True, "metrics": {"mse": 1e-15}} for name in ("same", "harder")}}
    found = collected(tmp_path / "a", {"none": [0.1]}, None, baselines=exact)
    assert found["arms"]["none"]["runs"][0]["splits"]["same"]["skill"]["mse"] is None
    found = collected(tmp_path / "b", {"none": [0.1]}, None, baselines={"exact": BASELINES["exact"]})
    assert found["arms"]["none"]["runs"][0]["splits"]["same"]["skill"]["mse"] is None
