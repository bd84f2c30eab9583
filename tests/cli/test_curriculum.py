"""`ravine curriculum`: the schedule as a table, as JSON, and drawn."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.said import Ravine, one_line

from ravine.mining.curriculum import Curriculum, Stage
from ravine.report.schedule import schedule

ROOT = Path(__file__).parents[2]


def test_the_named_curriculum_is_a_table_of_stages(ravine: Ravine) -> None:
    done = ravine("curriculum", "inverse-quick", "mining.curriculum=anneal", "training.steps=200", "mining.every=2")
    assert done.returncode == 0
    rows = [line.split() for line in done.stdout.splitlines() if "%" in line]
    assert [(row[0], row[3]) for row in rows] == [
        ("0", "none"),
        ("20", "random"),
        ("80", "adversarial"),
        ("140", "hard"),
    ]
    assert "none 100 %" in done.stdout
    assert "40 %" in done.stdout
    assert "mining on every 2 steps" in done.stdout
    assert "jump at each stage" in done.stdout


def test_a_stage_that_the_training_does_not_reach_says_so(ravine: Ravine) -> None:
    stages = "mining.stages=[{}, {start_step=50, mixture={random=0.125, hard=0.875}}]"
    done = ravine("curriculum", "inverse-quick", stages, "training.steps=20", "mining.interpolate=true")
    assert "after the end" in done.stdout
    assert "random 12.5 %, hard 87.5 %" in done.stdout
    assert "move linearly" in done.stdout


def test_a_weight_that_moves_is_told(ravine: Ravine) -> None:
    words = ["curriculum", "inverse-quick", "training.steps=200", "mining.weight_end=0.1", "mining.decay=cosine"]
    assert "the weight moves along half a cosine to 0.1 by the last step" in ravine(*words).stdout
    assert json.loads(ravine(*words, "--json").stdout)["decay"] == {"weight": 0.1, "steps": 200, "course": "cosine"}
    assert json.loads(ravine(*words[:3], "--json").stdout)["decay"] is None


@pytest.mark.parametrize("source", ["pilot", ROOT / "examples/ablation.toml"])
def test_a_study_is_one_clear_error(ravine: Ravine, source: object) -> None:
    done = ravine("curriculum", source)
    assert (done.returncode, done.stdout) == (2, "")
    assert "study; use `ravine compare" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("interpolate", [False, True])
def test_the_drawing_holds_every_boundary(interpolate: bool) -> None:
    stages = (Stage(0, (("a", 1.0),)), Stage(5001, (("b", 1.0),), 3.0), Stage(5003, (("c", 1.0),), 2.0))
    drawn = schedule(Curriculum(stages, interpolate=interpolate), 100_000)
    line = drawn.axes[1].lines[0]
    temperature = dict(zip(np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), strict=True))
    assert [temperature[step] for step in (5000, 5001, 5003, 100_000)] == pytest.approx(
        [1.0 if not interpolate else 1 + 2 * 5000 / 5001, 3.0, 2.0, 2.0]
    )


def test_stages_of_ones_own_as_json_and_drawn(ravine: Ravine, tmp_path: Path) -> None:
    stages = "mining.stages=[{arm='none'}, {start_step=5, mixture={random=0.5, hard=0.5}, weight=0.1}]"
    figure = tmp_path / "drawn" / "schedule.png"
    done = ravine("curriculum", "inverse-quick", stages, "mining.interpolate=true", "--figure", figure, "--json")
    content = json.loads(done.stdout)
    assert content["interpolate"] is True
    assert [stage["start"] for stage in content["stages"]] == [0, 5]
    assert content["stages"][1]["mixture"] == {"random": 0.5, "hard": 0.5}
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_a_figure_that_is_no_png_is_refused(ravine: Ravine, tmp_path: Path) -> None:
    line = one_line(ravine("curriculum", "inverse-quick", "--figure", tmp_path / "schedule.docx"))
    assert "schedule.docx: name a file that ends in .png" in line


def test_the_home_directory_is_known_behind_an_equals_sign(
    ravine: Ravine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    line = one_line(ravine("curriculum", "inverse-quick", "--figure=~/schedule.docx"))
    assert f"{tmp_path}/schedule.docx" in line
    assert f"training.start_from: {tmp_path}/run: no such run" in one_line(
        ravine("train", "inverse-quick", "training.start_from=~/run", "--out", tmp_path / "new")
    )


def test_a_faulty_schedule_is_one_line(ravine: Ravine) -> None:
    done = ravine("curriculum", "inverse-quick", "mining.mixture={random=0.5}")
    assert done.returncode == 2
    assert done.stderr.startswith("ravine: mining.mixture: shares sum to 0.5, not 1; write the rest as none = 0.5")
