"""A small study whose workers and coordinator are killed; `benchmarks/survival.py` is the whole."""

from pathlib import Path

import pytest
from benchmarks.survival import ARMS, Kills, differences, disturbed, finished_twice, undisturbed, write_study

from ravine.experiments.standing import standing
from ravine.training.directory import read_json


@pytest.mark.usefixtures("unchecked")
def test_kills_cost_nothing_but_time(tmp_path: Path) -> None:
    file = write_study(tmp_path, seeds=2, steps=150, arms=ARMS[:2])
    undisturbed(file, tmp_path / "whole")
    killed = disturbed(file, tmp_path / "broken", ["--workers", "2"], Kills(workers=2, coordinators=1))
    assert killed == {"worker": 2, "coordinator": 1, "status": 0}, (tmp_path / "coordinator.log").read_text()
    assert differences(file, tmp_path / "whole", tmp_path / "broken") == []
    assert finished_twice(tmp_path / "broken") == []
    assert standing(tmp_path / "broken").counts["finished"] == 4
    found = read_json(tmp_path / "broken" / "results.json")
    assert [run["state"] for arm in found["arms"].values() for run in arm["runs"]] == ["finished"] * 4
