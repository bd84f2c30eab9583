"""`ravine evaluate`."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Ravine = Callable[..., subprocess.CompletedProcess[str]]


def scored(ravine: Ravine, run: Path, *words: object) -> dict[str, Any]:
    done = ravine("evaluate", run, "--json", *words)
    assert (done.returncode, done.stderr) == (0, "")
    content: dict[str, Any] = json.loads(done.stdout)
    return content


def test_the_scores_are_those_that_training_stored(ravine: Ravine, finished_run: Path) -> None:
    content = scored(ravine, finished_run)
    stored = json.loads((finished_run / "evaluation.json").read_text())
    for name in ("same", "harder"):
        for key in ("mse", "residual", "hash", "problems", "standard_error", "solve_evaluations"):
            assert content["splits"][name][key] == stored["splits"][name][key], (name, key)
    assert set(content["baselines"]) == {"zero", "mean", "least squares", "Newton-Schulz (20)"}


def test_the_table_has_the_baselines_beside(ravine: Ravine, finished_run: Path) -> None:
    done = ravine("evaluate", finished_run)
    for word in ("same MSE", "harder skill", "zero", "least squares", "exact method", "50 problems per split"):
        assert word in done.stdout


def test_steps_change_the_cost_and_the_scores(ravine: Ravine, finished_run: Path) -> None:
    none, five = (scored(ravine, finished_run, "--steps", steps)["splits"]["same"] for steps in (0, 5))
    assert none["solve_evaluations"] < five["solve_evaluations"]
    assert five == {**scored(ravine, finished_run)["splits"]["same"], "solve_seconds": five["solve_seconds"]}
    assert none["mse"] != five["mse"]


def test_restarts_multiply_the_cost(ravine: Ravine, finished_run: Path) -> None:
    one, three = (scored(ravine, finished_run, "--restarts", count)["splits"]["same"] for count in (1, 3))
    assert three["solve_evaluations"] == 3 * one["solve_evaluations"]
    assert three["mse"] != one["mse"]


def test_problems_make_the_test_set_longer(ravine: Ravine, finished_run: Path) -> None:
    content = scored(ravine, finished_run, "--problems", 20)
    assert content["splits"]["same"]["problems"] == 20
    assert content["splits"]["same"]["hash"] != scored(ravine, finished_run)["splits"]["same"]["hash"]


def test_best_is_the_checkpoint_of_the_best_validation(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(finished_run, copy)
    older = copy / "checkpoints" / "step-000000004.safetensors"
    shutil.copy(older, copy / "checkpoints" / "best.safetensors")
    assert scored(ravine, copy, "--best")["step"] == 4
    assert scored(ravine, copy)["step"] == 6


def test_best_of_a_run_without_validation(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(finished_run, copy)
    (copy / "checkpoints" / "best.safetensors").unlink()
    done = ravine("evaluate", copy, "--best")
    assert done.returncode == 2
    assert "best.safetensors" in done.stderr


def test_evaluating_changes_nothing(ravine: Ravine, finished_run: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished_run.rglob("*")}
    ravine("evaluate", finished_run, "--quiet")
    assert {path: path.stat().st_mtime_ns for path in finished_run.rglob("*")} == before


def test_quiet_is_silent(ravine: Ravine, finished_run: Path) -> None:
    done = ravine("evaluate", finished_run, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("words", [["--steps", -1], ["--restarts", 0], ["--problems", 0], ["--steps", "x"]])
def test_numbers_out_of_range(ravine: Ravine, finished_run: Path, words: list[object]) -> None:
    assert ravine("evaluate", finished_run, *words).returncode == 2
