"""`ravine export`, and `ravine solve` with what it wrote or with a model that ships."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.said import Ravine, one_line

from ravine import models


@pytest.fixture(scope="session")
def matrices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("own") / "a.npy"
    np.save(file, np.eye(4) + 0.1)
    return file


def test_a_run_exported_is_solved_with_as_the_run_is(
    ravine: Ravine, finished_run: Path, matrices: Path, tmp_path: Path
) -> None:
    done = ravine("export", finished_run, "--out", tmp_path / "mine", "--json")
    assert done.returncode == 0, done.stderr
    wrote = json.loads(done.stdout)
    assert [Path(file).name for file in wrote["wrote"]] == sorted(path.name for path in (tmp_path / "mine").iterdir())
    assert wrote["bytes"] < 60_000
    ways: dict[str, list[object]] = {
        "run": [finished_run],
        "model": ["--model", tmp_path / "mine"],
        "folder": [tmp_path / "mine"],
    }
    for name, words in ways.items():
        assert ravine("solve", *words, matrices, "solve.steps=1", "--out", tmp_path / f"{name}.npy").returncode == 0
    answers = {(tmp_path / f"{name}.npy").read_bytes() for name in ways}
    assert len(answers) == 1


def test_nothing_is_written_into_a_model(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    assert "use it: ravine solve --model" in ravine("export", finished_run, "--out", tmp_path / "mine").stdout
    before = sorted((tmp_path / "mine").iterdir())
    done = ravine("evaluate", tmp_path / "mine", "--budget", "0", "--problems", 5)
    assert "not kept, as this is a model and no run" in done.stdout
    assert sorted((tmp_path / "mine").iterdir()) == before


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--model", "sudoku-99", "{file}"], f"nor a pretrained model ({', '.join(models.names())})"),
        (["sudoku-99", "{file}"], ", ".join(models.names())),
        (["--model", "{folder}", "{file}"], "not a run's directory (no config.json)"),
        (["--model", "sudoku-4", "{run}", "{file}"], "name one of them"),
        (["--model", "sudoku4", "{file}"], "did you mean 'sudoku-4'?"),
        (["--model", "sudoku-4", "sudoku-4", "{file}"], "--model sudoku-4 takes one file"),
        (
            ["--model", "sudoku-4", "{file}", "--starts", "0"],
            "'--restarts': it should be greater than or equal to 1; `",
        ),
        (["--model", "sudoku-4", "{file}", "--starts", "two"], "'--restarts': it should be a valid integer; `"),
        (["{run}"], "write `ravine solve RUN FILE` or `ravine solve --model NAME FILE`"),
        (["--model", "sudoku-4", "solve.steps=1"], "write `ravine solve --model sudoku-4 FILE`"),
        (["--model", "sudoku-4", "gone.txt"], "no such file"),
        (["--model", "sudoku-4", "{file}"], "a.npy"),
        (["--model", "{run}", "{file}", "training.steps=1"], "a trained run keeps it"),
        (["--model", "{run}", "{file}", "solve.stps=1"], "did you mean 'steps'"),
        (["{run}", "{file}", "more.npy"], "an override is written field=value"),
        (["--model", "{run}", "{file}", "--out", "y.doc"], "write to a .npy or .csv file"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else "",
)
def test_mistakes_of_solving(
    ravine: Ravine, finished_run: Path, matrices: Path, tmp_path: Path, words: list[str], expected: str
) -> None:
    places = {"run": finished_run, "file": matrices, "folder": tmp_path}
    assert expected in one_line(ravine("solve", *(word.format(**places) for word in words)))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["gone", "--out", "{folder}/new"], "not a run's directory"),
        (["{file}", "--out", "{folder}/new"], "not a run's directory"),
        (["sudoku-4", "--out", "{folder}/new"], "not a run's directory"),
        (["{run}", "--out", "{run}"], "not empty"),
        (["{run}", "--out", "{file}"], "a file; name a new folder"),
        (["{run}", "--out", "{file}/new"], "a.npy"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else "",
)
def test_mistakes_of_exporting(
    ravine: Ravine, finished_run: Path, matrices: Path, tmp_path: Path, words: list[str], expected: str
) -> None:
    places = {"run": finished_run, "file": matrices, "folder": tmp_path}
    assert expected in one_line(ravine("export", *(word.format(**places) for word in words)))
    assert not list(tmp_path.iterdir())


def test_models_are_listed_with_a_line_each(ravine: Ravine) -> None:
    (listed,) = json.loads(ravine("list", "models", "--json").stdout).values()
    assert sorted(listed) == models.names()
    assert all(listed.values())
    assert "run presets (ravine train)" in json.loads(ravine("list", "presets", "--json").stdout)
    assert "nothing to list is called 'modles'" in one_line(ravine("list", "modles"))


def test_ravine_alone_says_what_to_do_next(ravine: Ravine) -> None:
    done = ravine()
    assert (done.returncode, done.stderr) == (0, "")
    for command in ("ravine solve --model", "ravine compare", "ravine train", "ravine list", "ravine --help"):
        assert command in done.stdout
