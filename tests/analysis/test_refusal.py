"""What must be equal before two runs are compared, each difference planted in one run's files."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ravine.analysis.plan import PlannedRun, Registration, run_path
from ravine.analysis.upgrade import FIRST
from ravine.experiments.results import results

BASELINES: dict[str, dict[str, dict[str, Any]]] = {
    "zero": {"same": {"trivial": True, "metrics": {"mse": 1.0}}, "harder": {"trivial": True, "metrics": {"mse": 4.0}}}
}
SPLIT = {
    "problems": 50,
    "hash": "abc",
    "solve_evaluations": 70,
    "solve_seconds": 0.25,
}
Edit = Callable[[dict[str, Any]], None]


def study(folder: Path, edit: Edit = lambda content: None, **decided: Any) -> dict[str, Any]:
    """Two arms of four seeds; `edit` changes the evaluation of seed 2 of the arm `random`."""
    plan = [PlannedRun(arm, seed, {}, run_path(folder, arm, seed)) for arm in ("none", "random") for seed in range(4)]
    for run in plan:
        run.path.mkdir(parents=True)
        (run.path / "status.json").write_text(json.dumps({"state": "finished", "step": 6, "seconds": 1.5}))
        error = 0.1 * (1 + 0.1 * run.seed) * (0.9 + 0.01 * run.seed if run.arm == "random" else 1)
        content: dict[str, Any] = {
            "metrics": FIRST,
            "step": 6,
            "batch": 8,
            "version": "0.1.0+aa",
            "training_evaluations": 48,
            "training_operations": 48,
        }
        content["splits"] = {
            name: {**SPLIT, "metrics": {"mse": {"value": error, "standard_error": 0.1}}} for name in ("same", "harder")
        }
        if (run.arm, run.seed) == ("random", 2):
            edit(content)
        (run.path / "evaluation.json").write_text(json.dumps(content))
    registration = Registration("none", 4, "same", 0.05, **decided)
    return results("inverse/4x4", plan, BASELINES, registration)


def only(found: dict[str, Any], split: str = "same") -> dict[str, Any]:
    (entry,) = [entry for entry in found["comparisons"] if (entry["split"], entry["metric"]) == (split, "mse")]
    return dict(entry)


def set_split(name: str, value: object) -> Edit:
    return lambda content: content["splits"]["same"].update({name: value})


def set_top(name: str, value: object) -> Edit:
    return lambda content: content.update({name: value})


def test_equal_runs_are_compared(tmp_path: Path) -> None:
    entry = only(study(tmp_path))
    assert entry["refused"] is None
    assert entry["seeds"] == 4
    assert entry["high"] < 1


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (set_split("problems", 40), "different test problems at seed 2: random 40, none 50"),
        (set_split("hash", "abd"), "different test-set hash at seed 2: random abd, none abc"),
        (set_split("solve_evaluations", 140), "different solving budget at seed 2: random 140, none 70"),
        (
            set_top("batch", 16),
            "different training budget at seed 2: random 6 steps of batch 16, none 6 steps of batch 8",
        ),
        (set_top("version", "0.1.0+bb"), "different code version at seed 2: random 0.1.0+bb, none 0.1.0+aa"),
        (set_top("version", None), "different code version at seed 2: random not recorded, none 0.1.0+aa"),
        (lambda content: content["splits"].pop("same"), "seed 2 of random was not measured on same"),
        (
            lambda content: content["splits"]["same"]["metrics"].pop("mse"),
            "seed 2 of random did not record mse on same",
        ),
    ],
)
def test_a_difference_is_refused_with_its_reason(tmp_path: Path, edit: Edit, words: str) -> None:
    found = study(tmp_path, edit)
    entry = only(found)
    assert entry["refused"] == words
    assert entry["effect"] is None
    assert entry["verdict"] == f"not decidable: refused: {words}"
    assert found["outcome"]["name"] == "not decidable"
    assert words in found["outcome"]["sentence"]
    assert any("same budget" in line for line in found["outcome"]["next"])


MODULES = {"ravine.descent": "d1", "ravine.objective": "o1"}
Codes = Callable[[str, int], dict[str, str]]


def coded(folder: Path, code: Codes, environment: Callable[[str, int], dict[str, Any]]) -> dict[str, Any]:
    """The same study, whose runs recorded their code and environment."""
    study(folder)
    plan = [PlannedRun(arm, s, {}, run_path(folder, arm, s)) for arm in ("none", "random") for s in range(4)]
    for run in plan:
        entry = {"step": 0, "environment": environment(run.arm, run.seed), "code": code(run.arm, run.seed)}
        (run.path / "environment.json").write_text(json.dumps({"attempts": [entry]}))
    return results("inverse/4x4", plan, BASELINES, Registration("none", 4, "same", 0.05))


def own(changed: Callable[[int], bool]) -> Codes:
    """A module of the user's own in the arm `random`, which has changed at the seeds where `changed` says so."""
    return lambda arm, seed: MODULES if arm == "none" else {**MODULES, "own_miner": "b2" if changed(seed) else "b1"}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (own(lambda seed: False), None),
        (own(lambda seed: seed >= 2), "different code between seeds 0 and 2 of random: own_miner"),
        (
            lambda arm, seed: {**MODULES, "ravine.descent": "d2"} if arm == "random" else MODULES,
            "different code of random and none: ravine.descent",
        ),
        (
            lambda arm, seed: {**MODULES, "ravine.descent": f"d{seed // 2}"},
            "different code between seeds 0 and 2 of random: ravine.descent",
        ),
    ],
)
def test_runs_of_different_code_are_refused(tmp_path: Path, code: Codes, words: str | None) -> None:
    assert only(coded(tmp_path, code, lambda arm, seed: {}))["refused"] == words


def test_seeds_of_different_code_versions_are_refused(tmp_path: Path) -> None:
    study(tmp_path)
    for file in tmp_path.glob("runs/*/seed-3/evaluation.json"):
        file.write_text(file.read_text().replace("0.1.0+aa", "0.1.0+bb"))
    plan = [PlannedRun(arm, s, {}, run_path(tmp_path, arm, s)) for arm in ("none", "random") for s in range(4)]
    refused = only(results("inverse/4x4", plan, BASELINES, Registration("none", 4, "same", 0.05)))["refused"]
    assert "different code versions" in refused
    assert "random, seed 3, 0.1.0+bb" in refused


def test_what_may_change_rounding_is_shown_and_refuses_nothing(tmp_path: Path) -> None:
    found = coded(
        tmp_path,
        own(lambda seed: False),
        lambda arm, seed: {"torch": "2.12" if seed == 3 else "2.11", "threads": 1, "host": f"host-{seed}"},
    )
    assert only(found)["refused"] is None
    assert found["environment"]["values"] == {"torch": {"2.11": 6, "2.12": 2}, "threads": {"1": 8}}
    (line,) = found["environment"]["differences"]
    assert "torch 2.11 (6 runs), 2.12 (2 runs)" in line
    assert "threads" not in line


def test_what_one_split_lacks_does_not_spoil_the_other(tmp_path: Path) -> None:
    found = study(tmp_path, lambda content: content["splits"]["harder"].update(hash="other"))
    assert only(found)["refused"] is None
    assert "test-set hash" in only(found, "harder")["refused"]


def test_an_unmeasured_baseline_is_refused(tmp_path: Path) -> None:
    study(tmp_path)
    for file in tmp_path.glob("runs/none/*/evaluation.json"):
        content = json.loads(file.read_text())
        del content["splits"]["harder"]
        file.write_text(json.dumps(content))
    plan = [PlannedRun(arm, s, {}, run_path(tmp_path, arm, s)) for arm in ("none", "random") for s in range(4)]
    found = results("inverse/4x4", plan, BASELINES, Registration("none", 4, "same", 0.05))
    assert only(found, "harder")["refused"] == "none was never measured on harder, so nothing there can be told by it"
    assert only(found)["refused"] is None


def test_a_missing_zero_predictor_is_refused(tmp_path: Path) -> None:
    study(tmp_path)
    plan = [PlannedRun(arm, s, {}, run_path(tmp_path, arm, s)) for arm in ("none", "random") for s in range(4)]
    other = {"mean": BASELINES["zero"]}
    found = results("inverse/4x4", plan, other, Registration("none", 4, "same", 0.05))
    assert "the zero predictor was not measured on same" in only(found)["refused"]


@pytest.mark.parametrize(
    ("matching", "key", "name"),
    [
        ("compute", "training_evaluations", "energy evaluations"),
        ("operations", "training_operations", "operations"),
    ],
)
@pytest.mark.parametrize(("spent", "refused"), [(48, False), (56, False), (60, True), (96, True)])
def test_equal_cost_allows_a_step_and_no_more(
    tmp_path: Path, matching: str, key: str, name: str, spent: int, refused: bool
) -> None:
    entry = only(study(tmp_path, set_top(key, spent), matching=matching))
    assert (entry["refused"] is not None) == refused
    if refused:
        assert f"different {name} in training at seed 2: random {spent}, none 48" in entry["refused"]


def test_equal_compute_does_not_ask_for_equal_steps(tmp_path: Path) -> None:
    assert only(study(tmp_path, set_top("batch", 16), matching="compute"))["refused"] is None


def test_a_run_whose_files_are_gone_or_broken_is_missing_and_says_so(tmp_path: Path) -> None:
    study(tmp_path)
    (tmp_path / "runs/none/seed-1/evaluation.json").write_text("{")
    shutil.rmtree(tmp_path / "runs/random/seed-0")
    plan = [PlannedRun(arm, s, {}, run_path(tmp_path, arm, s)) for arm in ("none", "random") for s in range(4)]
    found = results("inverse/4x4", plan, BASELINES, Registration("none", 4, "same", 0.05))
    verdict = only(found)["verdict"]
    assert verdict.startswith("not decidable: a verdict takes at least 3 paired seeds, and there are 2; 1 of 4 runs of")
    assert "cannot be read as JSON" in verdict
    states = {arm: [run["state"] for run in entry["runs"]] for arm, entry in found["arms"].items()}
    assert states == {"none": ["finished", "failed", "finished", "finished"], "random": ["new", *["finished"] * 3]}
    assert "cannot be read as JSON" in found["arms"]["none"]["runs"][1]["reason"]
