"""A run goes on elsewhere, and says what is no longer bitwise."""

import json
from pathlib import Path

import pytest
from tests.training.conftest import tiny
from tests.training.test_rollback import SMALL

from ravine import runs
from ravine.analysis.environments import differences
from ravine.cli.train import told_of
from ravine.environment import environment
from ravine.report.reading.directory import read
from ravine.training.attempts import moved
from ravine.training.callbacks import Callbacks
from ravine.training.directory import RunDirectory


def test_it_goes_on_with_other_threads_and_another_device_in_its_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, run = (*SMALL, "training.validate_every=0"), tmp_path / "run"
    seen: list[int] = []
    stop = Callbacks(on_step=seen.append, stop=lambda: len(seen) == 4)
    assert runs.train(tiny(*words, "compute.device=cpu"), run, callbacks=stop) == "interrupted"
    # Two threads on a busy machine wait for one another longer than they compute.
    monkeypatch.setattr("ravine.runs.training.set_threads", lambda config: None)
    monkeypatch.setattr("ravine.runs.training.environment", lambda device: {**environment(device), "threads": 2})
    elsewhere = tiny(*words, "compute.device=auto", "compute.threads=2")
    assert runs.train(elsewhere, run, resume=True) == "finished"
    status = RunDirectory(run).status()
    move = "threads 1, then 2 from step 5 on, equal to rounding"
    assert status["moved"] == [move]
    assert json.loads((run / "config.json").read_text(encoding="utf-8"))["compute"]["threads"] == 2
    (told,) = read(run).runs
    (sentence,) = differences([("It", told.facts)])
    assert sentence == f"It went on under another environment, and is not bitwise what it would have been: {move}."
    assert told_of(status) == [sentence.removeprefix("It ").removesuffix(".")]


def test_another_kind_of_device_is_said_to_draw_anew() -> None:
    cpu, gpu, other = ({"device": device, "host": device} for device in ("cpu", "cuda:0", "cuda:1"))
    entries = [{"step": step, "environment": each} for step, each in ((0, cpu), (5, gpu), (8, other), (9, other))]
    assert moved(entries) == [
        "device cpu, then cuda:0 from step 5 on, where problems and noise are new draws",
        "device cuda:0, then cuda:1 from step 8 on, equal to rounding",
    ]
