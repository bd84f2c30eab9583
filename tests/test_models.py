"""The models that ship are those that their presets train, and solve as their runs did."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from benchmarks.models import ATOL, COMMANDS, FIRST, PROBLEMS, RTOL

import ravine
from ravine import build, models, runs
from ravine.config import read_run
from ravine.evaluation.score import score
from ravine.tasks.fixed import fixed_split
from ravine.training.directory import identity, read_json

RECORDED: Mapping[str, Mapping[str, list[float]]] = json.loads(FIRST.read_text(encoding="utf-8"))
ROOT = Path(__file__).parents[1]
LIMIT = 3e6
"""Bytes that all models together may take."""


@pytest.fixture(params=sorted(RECORDED))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_all_that_ship_are_checked_and_small() -> None:
    assert sorted(RECORDED) == models.names()
    files = [path for name in models.names() for path in models.folder(name).iterdir()]
    assert {path.name for path in files} == {"README.md", "config.json", "evaluation.json", "model.safetensors"}
    assert sum(path.stat().st_size for path in files) < LIMIT


def test_the_configuration_is_the_presets(name: str) -> None:
    preset, *words = COMMANDS[name]
    held = read_json(models.folder(name) / "config.json")
    assert identity(held) == identity(read_run(preset, words).model_dump(mode="json"))
    card = (models.folder(name) / "README.md").read_text(encoding="utf-8")
    assert f"`{' '.join(['ravine train', preset, *words])} --out RUN`" in card


def test_the_first_problems_are_solved_as_the_run_solved_them(name: str) -> None:
    """What its metrics were when training ended, from the weights that ship."""
    loaded = ravine.load(name, overrides=["compute.device=cpu"])
    solver = build.answering(loaded.config, loaded.task)
    for split in runs.split_names(loaded.config, loaded.task):
        found = score(loaded.task, loaded.energy, solver, fixed_split(loaded.task, split, PROBLEMS))
        for metric, measured in found.metrics.items():
            recorded = RECORDED[name][f"{split}/{metric}"]
            np.testing.assert_allclose(measured.values, recorded, rtol=RTOL, atol=ATOL)


def test_a_folder_goes_before_a_model_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sudoku-4").mkdir()
    with pytest.raises(ravine.RavineError, match="no config\\.json"):
        ravine.load("sudoku-4")
    (tmp_path / "sudoku-4").rmdir()
    assert ravine.load("sudoku-4").task.name == "sudoku"


def test_an_unknown_model_is_answered_with_all_names() -> None:
    with pytest.raises(ravine.RavineError) as caught:
        ravine.load("sudoku-99")
    assert all(name in str(caught.value) for name in models.names())


def test_pages_name_models_that_ship() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "src/ravine/cli/main.py"]
    named = {name for page in pages for name in re.findall(r"--model ([a-z0-9-]+) ", page.read_text(encoding="utf-8"))}
    assert named
    assert named <= set(models.names())
