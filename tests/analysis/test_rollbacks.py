"""Runs that diverged and went back, or whose trackers failed: told wherever a study is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.analysis.planted import baselines, registration, runs_of, write_study

from ravine.cli.study import show
from ravine.experiments.page import cells
from ravine.experiments.results import results, results_of
from ravine.experiments.standing import standing, write_plan
from ravine.report.reading.directory import read
from ravine.report.sections.troubles import troubles
from ravine.training.directory import RunDirectory, write_json

BACK = [
    {"number": 1, "from": 70, "to": 50, "rate": 0.5, "why": "loss or gradient not finite"},
    {"number": 2, "from": 90, "to": 50, "rate": 0.25, "why": "loss 2e+03, above training.rollback.limit = 1000"},
]
LINE = "wandb stopped at step 40 (ConnectionError: gone); the run went on without it"


@pytest.fixture
def study(tmp_path: Path) -> tuple[Path, Any]:
    """A study of two arms with two seeds, of which the second arm's first run went back twice; and its results."""
    plan = write_study(tmp_path, 2, 2, rows=40)
    directory = RunDirectory(plan[2].path)
    held = directory.status()
    fixed = {key: held.pop(key) for key in ("state", "step", "seconds")}
    directory.set_status(**fixed, **held, rollbacks=BACK, untracked=[LINE])
    write_plan(tmp_path, [(run.arm, run.seed, 100) for run in plan], "ravine compare x.toml", {"name": "local"})
    return tmp_path, results("inverse/3x3", plan, baselines(["same", "harder"]), registration(2))


def test_results_and_the_evidence_of_the_verdict_tell_of_them(study: tuple[Path, Any]) -> None:
    _, found = study
    told = [run for entry in found["arms"].values() for run in entry["runs"] if "rollbacks" in run]
    assert [(run["rollbacks"], run["untracked"]) for run in told] == [(BACK, [LINE])]
    (line,) = [line for line in found["outcome"]["evidence"] if "went back" in line]
    assert "1 of 2 runs diverged and went back to an earlier checkpoint, 2 times in all" in line


def test_where_none_went_back_nothing_is_said() -> None:
    errors = runs_of([np.ones((1, 3)), 2 * np.ones((1, 3))])
    found = results_of("inverse/3x3", errors, baselines(["same"]), registration(3))
    assert not [line for line in found["outcome"]["evidence"] if "went back" in line]


def test_the_report_and_the_status_of_the_study_tell_of_them(
    study: tuple[Path, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    path, found = study
    write_json(path / "results.json", found)
    section = troubles(read(path))
    assert any(LINE in word for word in section.words)
    (table,) = [table for table in section.tables if "went on from an earlier" in table.title]
    assert [row[2:5] for row in table.rows] == [["70", "50", "times 0.5"], ["90", "50", "times 0.25"]]
    (run,) = [run for run in standing(path).runs if run.rollbacks]
    assert cells(run)[-1] == "went back 2 times"
    show(standing(path), every=False)
    assert "went back 2 times" in capsys.readouterr().out


def test_a_status_goes_on_saying_so_until_it_is_told_otherwise(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    directory.set_status("running", 60, 1.0, rollbacks=BACK[:1])
    directory.set_status("failed", 60, 1.0, error="lost")
    assert directory.status()["rollbacks"] == BACK[:1]
    directory.set_status("running", 10, 1.0, rollbacks=[])
    assert "rollbacks" not in directory.status()
