"""`ravine curriculum`: the schedule as a table, as JSON, and drawn."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Ravine = Callable[..., subprocess.CompletedProcess[str]]


def test_the_named_curriculum_is_a_table_of_stages(ravine: Ravine) -> None:
    done = ravine("curriculum", "inverse-quick", "mining.curriculum=anneal", "training.steps=200", "mining.every=2")
    assert done.returncode == 0
    rows = [line.split() for line in done.stdout.splitlines() if "%" in line]
    assert [(row[0], row[2]) for row in rows] == [
        ("0", "none"),
        ("20", "random"),
        ("80", "adversarial"),
        ("140", "hard"),
    ]
    assert "mining on every 2 steps" in done.stdout


def test_stages_of_ones_own_as_json_and_drawn(ravine: Ravine, tmp_path: Path) -> None:
    stages = "mining.stages=[{arm='none'}, {start_step=5, mixture={random=0.5, hard=0.5}, weight=0.1}]"
    figure = tmp_path / "drawn" / "schedule.png"
    done = ravine("curriculum", "inverse-quick", stages, "mining.interpolate=true", "--figure", figure, "--json")
    content = json.loads(done.stdout)
    assert content["interpolate"] is True
    assert [stage["start"] for stage in content["stages"]] == [0, 5]
    assert content["stages"][1]["mixture"] == {"random": 0.5, "hard": 0.5}
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_a_faulty_schedule_is_one_line(ravine: Ravine) -> None:
    done = ravine("curriculum", "inverse-quick", "mining.mixture={random=0.5}")
    assert done.returncode == 2
    assert done.stderr.startswith("ravine: mining.mixture: shares sum to 0.5, not 1; write the rest as none = 0.5")
