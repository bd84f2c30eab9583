"""`ravine evaluate`."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.cli.said import Ravine

from ravine import runs
from ravine.config import read_run
from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrices.inverse import Inverse


def scored(ravine: Ravine, run: Path, *words: object) -> dict[str, Any]:
    done = ravine("evaluate", run, "--json", *words)
    assert (done.returncode, done.stderr) == (0, "")
    content: dict[str, Any] = json.loads(done.stdout)
    return content


def test_the_scores_are_those_that_training_stored(ravine: Ravine, finished_run: Path) -> None:
    content = scored(ravine, finished_run)
    stored = json.loads((finished_run / "evaluation.json").read_text())
    for name in ("same", "harder"):
        for key in ("metrics", "hash", "problems", "solve_evaluations"):
            assert content["splits"][name][key] == stored["splits"][name][key], (name, key)
        skill = content["splits"][name]["skill"]["mse"]
        trivial = [entry["splits"][name]["mse"] for entry in content["baselines"].values() if entry["trivial"]]
        assert skill == pytest.approx(1 - stored["splits"][name]["metrics"]["mse"]["value"] / min(trivial))
    assert set(content["baselines"]) == {"zero", "mean", "least squares", "Newton-Schulz (20)"}


def test_the_table_has_the_baselines_beside(ravine: Ravine, finished_run: Path) -> None:
    done = ravine("evaluate", finished_run)
    for word in ("same", "harder", "MSE", "skill", "zero", "least squares", "50 problems per split"):
        assert word in done.stdout
    for word in ("skill: 0 is no better than the best trivial rule", "for reference alone: Newton-Schulz (20)"):
        assert word in done.stdout


def test_steps_change_the_cost_and_the_scores(ravine: Ravine, finished_run: Path) -> None:
    none, five = (scored(ravine, finished_run, "--steps", steps)["splits"]["same"] for steps in (0, 5))
    assert none["solve_evaluations"] < five["solve_evaluations"]
    assert five == {**scored(ravine, finished_run)["splits"]["same"], "solve_seconds": five["solve_seconds"]}
    assert none["metrics"] != five["metrics"]


def test_starts_multiply_the_cost_and_choosing_adds_one_evaluation_each(ravine: Ravine, finished_run: Path) -> None:
    one, three = (scored(ravine, finished_run, "--starts", count)["splits"]["same"] for count in (1, 3))
    assert three["solve_evaluations"] == 3 * (one["solve_evaluations"] + 1)
    assert three["metrics"] != one["metrics"]


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


def copy_of(run: Path, folder: Path) -> Path:
    return Path(shutil.copytree(run, folder / "run"))


def test_budgets_are_scored_on_every_split_and_kept(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    copy = copy_of(finished_run, tmp_path)
    content = scored(ravine, copy, "--budget", "5,0", "--starts", "3,1", "--problems", 20)
    kept = json.loads((copy / "budget.json").read_text())
    assert set(kept) == {"schema", "problems", "step", "splits"}
    assert {key: content[key] for key in kept} == kept
    assert (kept["problems"], kept["step"]) == (20, 6)
    assert list(kept["splits"]) == ["same", "harder"]
    for entries in kept["splits"].values():
        assert [(entry["steps"], entry["starts"]) for entry in entries] == [(0, 1), (0, 3), (5, 1), (5, 3)]
        assert [entry["evaluations"] for entry in entries] == [6, 21, 21, 66]
        assert {"steps", "starts", "metrics", "distinct", "ceiling", "evaluations", "seconds"} == set(entries[0])
    plain = scored(ravine, finished_run, "--steps", 5, "--starts", 3, "--problems", 20)
    assert (kept["splits"]["same"][3]["metrics"]["mse"]["value"]) == pytest.approx(
        plain["splits"]["same"]["metrics"]["mse"]["value"], rel=1e-5
    )


def test_the_table_of_budgets_has_the_baselines_beside(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    done = ravine("evaluate", copy_of(finished_run, tmp_path), "--budget", 1, "--problems", 10)
    for word in ("steps", "starts", "harder", "MSE", "least squares", "any start solves", "verifier", "budget.json"):
        assert word in done.stdout


def test_landscapes_are_those_that_training_kept(ravine: Ravine, finished_run: Path) -> None:
    content = scored(ravine, finished_run, "--landscapes")
    kept = json.loads((finished_run / "landscapes.json").read_text())
    assert content["splits"] == kept["splits"]
    done = ravine("evaluate", finished_run, "--landscapes")
    for word in ("rank correlation", "cosine", "noise norm", "accepted", "same, 64 problems", "harder, 64"):
        assert word in done.stdout
    assert ravine("evaluate", finished_run, "--landscapes", "--quiet").stdout == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--budget", "1,x"], "--budget: 'x' is not a whole number of at least 0"),
        (["--budget", "1", "--restarts", "1,0"], "--starts: '0' is not a whole number of at least 1"),
        (["--budget", "1", "--steps", 5], "--steps and --budget"),
        (["--restarts", "1,4"], "only with --budget"),
        (["--budget", "1", "--landscapes"], "one at a time"),
    ],
)
def test_options_that_exclude_one_another(
    ravine: Ravine, finished_run: Path, words: list[object], expected: str
) -> None:
    done = ravine("evaluate", finished_run, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [["--steps", -1], ["--restarts", 0], ["--problems", 0], ["--steps", "x"]])
def test_numbers_out_of_range(ravine: Ravine, finished_run: Path, words: list[object]) -> None:
    assert ravine("evaluate", finished_run, *words).returncode == 2


@pytest.fixture(scope="module")
def matrix_run(tmp_path_factory: pytest.TempPathFactory, tiny: list[str]) -> Path:
    words = [word for word in tiny if not word.startswith("energy.")]
    out = tmp_path_factory.mktemp("matrix") / "run"
    runs.train(read_run("inverse-quick", [*words, "energy.layers=2"]), out)
    return out


def test_the_same_weights_are_asked_for_another_size_and_splits(ravine: Ravine, matrix_run: Path) -> None:
    before = {file: file.read_bytes() for file in matrix_run.iterdir() if file.is_file()}
    other = scored(ravine, matrix_run, "task.n=6", 'evaluation.splits=["harder"]', "solve.steps=2")
    task = Inverse(6)
    assert list(other["splits"]) == ["harder"]
    assert other["splits"]["harder"]["hash"] == fixed_split(task, "harder", 50).hash
    assert other["splits"]["harder"]["solve_evaluations"] == 3 * (1 + 2 + 1)
    scored(ravine, matrix_run, "task.n=6", "--budget", "1,2")
    assert {file: file.read_bytes() for file in matrix_run.iterdir() if file.is_file()} == before


@pytest.mark.parametrize("word", ["training.steps=9", "energy.layers=3", "seed=1"])
def test_what_was_trained_cannot_be_changed(ravine: Ravine, matrix_run: Path, word: str) -> None:
    done = ravine("evaluate", matrix_run, word)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a trained run keeps it; only task, solve, evaluation, compute can be changed" in done.stderr


def test_errors_by_condition_number_hold_every_problem(ravine: Ravine, matrix_run: Path) -> None:
    whole = scored(ravine, matrix_run)["splits"]
    for name, bands in scored(ravine, matrix_run, "--by-condition")["splits"].items():
        assert sum(band["problems"] for band in bands) == 50
        mean = sum(band["problems"] * band["value"] for band in bands) / 50
        assert mean == pytest.approx(whole[name]["metrics"]["mse"]["value"])
    assert "condition number" in ravine("evaluate", matrix_run, "--by-condition").stdout


@pytest.mark.parametrize("words", [["--by-condition"], [], ["--budget", "1"]])
def test_one_problem_has_no_standard_error(ravine: Ravine, matrix_run: Path, words: list[str]) -> None:
    done = ravine("evaluate", matrix_run, "--problems", 1, *words)
    assert done.returncode == 0
    assert "±" not in done.stdout
    assert "nan" not in done.stdout


def test_a_task_without_condition_numbers_says_so(ravine: Ravine, matrix_run: Path) -> None:
    done = ravine("evaluate", matrix_run, "task.name=completion", "--by-condition")
    assert done.returncode == 2
    assert "problems of task 'completion' have no condition number" in done.stderr
