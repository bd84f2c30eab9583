"""Trackers look on: a run is the same with them, and goes on without one that fails."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.training.conftest import tiny
from tests.training.test_rollback import SMALL

import ravine
from ravine import build, runs
from ravine.errors import ConfigurationError
from ravine.tracking.base import numbers
from ravine.training.callbacks import Began, Callbacks, Ended
from ravine.training.directory import RunDirectory, identity

QUICK = (*SMALL, "training.validate_every=0")
OWN = "tracking=[{kind='custom', factory='tests.tracking.test_watch:made', options={folder='%s'}}]"


def made(folder: str, breaks: bool = False) -> Callbacks:
    """A tracker of one's own: a line of text for everything that it is called with."""
    file = Path(folder) / "told.txt"

    def told(word: str) -> None:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(f"{word}\n")

    def on_row(row: Mapping[str, Any]) -> None:
        told(f"row {row['step']}")
        if breaks and row["step"] == 4:
            raise ConnectionError("no route\nto host")

    def on_start(began: Began) -> None:
        told(f"start {began.directory.name} {began.step} {began.config['seed']}")

    def on_end(ended: Ended) -> None:
        told(f"end {ended.state} {ended.step} {ended.error} {sorted(ended.scores)}")

    return Callbacks(on_row=on_row, on_start=on_start, on_end=on_end)


def test_a_tracker_of_ones_own_hears_of_a_run_from_start_to_end(tmp_path: Path) -> None:
    config = tiny(*QUICK, OWN % tmp_path)
    seen: list[int] = []
    stop = Callbacks(on_step=seen.append, stop=lambda: len(seen) == 4)
    assert runs.train(config, tmp_path / "run", callbacks=stop) == "interrupted"
    assert runs.train(config, tmp_path / "run", resume=True) == "finished"
    assert (tmp_path / "told.txt").read_text(encoding="utf-8").splitlines() == [
        *("start run 0 0", "row 2", "row 4", "end interrupted 5 None []"),
        *("start run 5 0", "row 6", "row 8", "row 10", "row 12", "end finished 12 None ['harder', 'same']"),
    ]
    assert runs.train(tiny(*QUICK), tmp_path / "plain") == "finished"
    own, plain = (ravine.load(tmp_path / name).energy.state_dict() for name in ("run", "plain"))
    assert all(value.equal(plain[name]) for name, value in own.items())


def test_one_that_fails_is_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    word = (OWN % tmp_path).replace("}}]", ", breaks=true}}]")
    assert runs.train(tiny(*QUICK, word), tmp_path / "run") == "finished"
    line = (
        "tests.tracking.test_watch:made stopped at step 3 (ConnectionError: no route to host); "
        "the run went on without it"
    )
    assert RunDirectory(tmp_path / "run").status()["untracked"] == [line]
    assert capsys.readouterr().err == f"ravine: tracking: {line}\n"
    assert (tmp_path / "told.txt").read_text(encoding="utf-8").splitlines()[-1] == "row 4"


def test_what_ones_own_callbacks_raise_still_ends_the_run_and_is_heard(tmp_path: Path) -> None:
    def broken(row: Mapping[str, Any]) -> None:
        raise ValueError("my own fault")

    ends: list[Ended] = []
    with pytest.raises(ValueError, match="my own fault"):
        runs.train(tiny(*QUICK), tmp_path / "run", callbacks=Callbacks(on_row=broken, on_end=ends.append))
    assert [(end.state, end.error) for end in ends] == [("failed", "ValueError: my own fault")]


def test_who_looks_on_and_where_it_runs_is_nothing_of_what_a_run_is() -> None:
    plain, watched = tiny(), tiny("tracking=['tensorboard', {kind='wandb', project='mine'}]", "compute.device=cuda:0")
    assert identity(plain.model_dump(mode="json")) == identity(watched.model_dump(mode="json"))
    held = json.loads(json.dumps(plain.model_dump(mode="json")))
    del held["tracking"]  # as an earlier version wrote it
    assert identity(held) == identity(plain.model_dump(mode="json"))


@pytest.mark.parametrize("kind", ["tensorboard", "wandb"])
def test_a_package_that_is_not_installed_is_named_with_its_extra_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("ravine.tracking.base.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=rf'tracking: {kind} is not installed; pip install "ravine\[{kind}\]"'):
        runs.train(tiny(f"tracking={kind}"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_factory_that_makes_no_callbacks_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"tracking.0.factory: collections:Counter returned no Callbacks"):
        build.trackers(tiny("tracking=[{kind='custom', factory='collections:Counter'}]"))


def test_numbers_are_named_by_their_place_and_nothing_else_is_one() -> None:
    row = {"step": 4, "loss": 0.5, "mining": True, "arms": {"self": {"gap": None, "share": 1}}, "metric": "mse"}
    assert dict(numbers(row)) == {"loss": 0.5, "mining": 1.0, "arms/self/share": 1.0}


def test_the_example_keeps_what_a_resumed_run_does_not_train_again(tmp_path: Path) -> None:
    own = "tracking=[{kind='custom', factory='examples.own_tracker:spreadsheet'}]"
    for first, steps in ((0, (2, 4, 6)), (5, (6, 8))):
        (tracker,) = build.trackers(tiny(own)).values()
        tracker.on_start(Began(tmp_path, {}, first))
        for step in steps:
            tracker.on_row({"step": step, "loss": step / 2})
        tracker.on_end(Ended("finished", 8))
    lines = (tmp_path / "losses.csv").read_text(encoding="utf-8").splitlines()
    assert lines == ["2,1.0", "4,2.0", "6,3.0", "8,4.0"]
