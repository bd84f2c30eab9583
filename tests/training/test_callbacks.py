"""What a training run calls on its way, from Python."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.training.conftest import tiny

import ravine


def test_callbacks_hear_of_every_step_and_row(tmp_path: Path) -> None:
    steps: list[int] = []
    rows: list[Mapping[str, Any]] = []
    state = ravine.train(tiny(), tmp_path / "run", callbacks=ravine.Callbacks(steps.append, rows.append))
    assert state == "finished"
    assert steps == list(range(1, 13))
    assert rows == [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]


def test_a_callback_ends_a_run_that_can_be_resumed(tmp_path: Path) -> None:
    steps: list[int] = []
    stop = ravine.Callbacks(on_step=steps.append, stop=lambda: len(steps) == 4)
    assert ravine.train(tiny(), tmp_path / "run", callbacks=stop) == "interrupted"
    assert ravine.train(tiny(), tmp_path / "run", resume=True) == "finished"
    ravine.train(tiny(), tmp_path / "whole")
    name = "checkpoints/step-000000012.safetensors"
    assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
