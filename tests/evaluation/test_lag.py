"""Averaged and raw weights are both validated at a run's end, and a lag is told of."""

import json
import math
from pathlib import Path

import pytest
from tests.training.conftest import tiny

import ravine
from ravine.cli import evaluate
from ravine.evaluation.lag import lag


@pytest.mark.parametrize(
    ("averaged", "raw", "wanted"),
    [
        (3.0, 2.0, 1.5),
        (2.1, 2.0, None),
        (1.0, 2.0, None),
        (math.nan, 1.0, None),
        (1.0, math.nan, None),
        (1.0, 0.0, None),
    ],
)
def test_a_lag_is_a_ratio_well_above_one(averaged: float, raw: float, wanted: float | None) -> None:
    assert lag(averaged, raw) == wanted


@pytest.mark.parametrize(("every", "equal"), [(13, True), (5, False)])
def test_both_are_validated(tmp_path: Path, every: int, equal: bool) -> None:
    ravine.train(tiny(f"average.every={every}"), tmp_path / "run")
    found = json.loads((tmp_path / "run/evaluation.json").read_text())["validation"]
    assert (found["averaged"] == found["raw"]) is equal


def test_the_command_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ravine.train(tiny("average.every=13"), tmp_path / "run")
    evaluate.show_stored(tmp_path / "run", json=False)
    assert "averaged weights" not in capsys.readouterr().out
    stored = json.loads((tmp_path / "run/evaluation.json").read_text())
    stored["validation"]["raw"] = stored["validation"]["averaged"] / 1.45
    (tmp_path / "run/evaluation.json").write_text(json.dumps(stored))
    evaluate.show_stored(tmp_path / "run", json=False)
    assert "1.45 times" in capsys.readouterr().out
