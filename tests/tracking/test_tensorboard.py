"""What TensorBoard reads back, with the real package."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.tracking.sudden import train_until_a_sudden_end
from tests.training.conftest import tiny
from tests.training.test_rollback import SMALL, broken_after

from ravine import build, runs
from ravine.tracking.watch import Watch
from ravine.training.callbacks import Began

accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator", reason="the extra tensorboard is not installed"
)
WORDS = (*SMALL, "tracking=tensorboard", "training.validate_every=4")


def board(run: Path) -> Any:
    read = accumulator.EventAccumulator(str(run / "tensorboard"))
    read.Reload()
    return read


def text(read: Any, tag: str) -> list[str]:
    return [event.tensor_proto.string_val[0].decode() for event in read.Tensors(f"{tag}/text_summary")]


def test_a_run_that_dies_and_goes_on_is_shown_once(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_until_a_sudden_end(WORDS, run)
    assert runs.train(tiny(*WORDS), run, resume=True) == "finished"
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    read = board(run)
    shown = [(event.step, event.value) for event in read.Scalars("loss")]
    assert shown == [(row["step"], pytest.approx(row["loss"])) for row in rows if "loss" in row]
    assert [event.step for event in read.Scalars("validation/same")] == [4, 8, 12]
    held = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))["splits"]["same"]["metrics"]["mse"]
    (score,) = read.Scalars("scores/same/mse")
    assert (score.step, score.value) == (12, pytest.approx(held["value"]))
    assert text(read, "end")[-1] == "finished"


def test_the_way_that_a_rollback_leaves_is_not_shown(tmp_path: Path) -> None:
    config = tiny(*WORDS, "training.rollback.times=1")
    made = broken_after(build.trainer(config, tmp_path / "run"), 7)
    made.directory.claim(made.config)
    made.callbacks = Watch(build.trackers(config), made.directory).joined(made.callbacks)
    made.callbacks.on_start(Began(made.directory.path, made.config, 0))
    made.run()
    read = board(tmp_path / "run")
    rows = [row for row in made.directory.rows() if "loss" in row]
    shown = [(event.step, event.value) for event in read.Scalars("learning_rate")]
    assert shown == [(row["step"], pytest.approx(row["learning_rate"])) for row in rows]
    (told,) = text(read, "rollback")
    assert told.startswith("went back from step 7 (loss or gradient not finite) to step 5, with 0.5 of")
