"""Stopping, resuming, failing: what a run leaves behind."""

import json
import math
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.conftest import tiny

from ravine import build, runs
from ravine.errors import CheckpointError, NonFiniteError
from ravine.mining.context import MiningContext
from ravine.mining.miner import Miner
from ravine.mining.propose.base import Propose
from ravine.mining.refine.descent import Descend
from ravine.mining.select.only import Only
from ravine.training import checkpoint
from ravine.training.callbacks import Callbacks
from ravine.training.loop import Trainer

Make = Callable[..., Trainer]
TIMINGS = {"seconds"}


class KilledError(Exception):
    """Stands for SIGKILL: nothing of ours catches it."""


def timeless(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key not in TIMINGS} for row in rows]


def final(trainer: Trainer) -> bytes:
    path = checkpoint.newest(trainer.directory.checkpoints)
    assert path is not None
    return path.read_bytes()


def test_two_runs_of_a_seed_are_bitwise_equal_and_seeds_differ(trainer: Make) -> None:
    first, again, other = trainer(folder="a"), trainer(folder="b"), trainer("seed=1", folder="c")
    for each in (first, again, other):
        assert each.run() == "finished"
    assert final(first) == final(again)
    assert timeless(first.directory.rows()) == timeless(again.directory.rows())
    assert final(first) != final(other)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    """The trainer of a run that nothing disturbed."""
    made = build.trainer(tiny(), tmp_path_factory.mktemp("undisturbed") / "whole")
    made.directory.claim(made.config)
    made.run()
    return made


@pytest.mark.parametrize("kill_after", range(1, 12))
def test_a_killed_run_resumes_to_the_same_end(trainer: Make, whole: Trainer, kill_after: int) -> None:
    def kill(step: int) -> None:
        if step == kill_after:
            raise KilledError

    with pytest.raises(KilledError):
        trainer(folder="killed", callbacks=Callbacks(on_step=kill)).run()
    resumed = trainer(folder="killed")
    resumed.resume()
    assert resumed.state.step == kill_after // 5 * 5
    resumed.run()
    assert final(resumed) == final(whole)
    assert timeless(resumed.directory.rows()) == timeless(whole.directory.rows())
    best = [(each.directory.checkpoints / "best.safetensors").read_bytes() for each in (resumed, whole)]
    assert best[0] == best[1]


@pytest.mark.parametrize("write", range(6))
def test_a_run_killed_while_saving_resumes_to_the_same_end(
    trainer: Make, whole: Trainer, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    calls = 0
    sync = os.fsync

    def die(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls == write + 1:
            raise KilledError
        sync(handle)

    killed = trainer(folder="killed")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", die)
        with pytest.raises(KilledError):
            killed.run()
    resumed = trainer(folder="killed")
    resumed.resume()
    resumed.run()
    assert final(resumed) == final(whole)
    assert timeless(resumed.directory.rows()) == timeless(whole.directory.rows())


def test_a_torn_last_line_of_metrics_is_dropped_on_resume(trainer: Make, whole: Trainer) -> None:
    torn = trainer("training.checkpoint_every=5", folder="torn")
    torn.run()
    (torn.directory.checkpoints / checkpoint.name_of(12)).unlink()
    with torn.directory.metrics.open("a") as file:
        file.write('{"step": 12, "lo')
    resumed = trainer(folder="torn")
    resumed.resume()
    resumed.run()
    assert timeless(resumed.directory.rows()) == timeless(whole.directory.rows())


def test_a_stopped_run_saves_where_it_is(trainer: Make) -> None:
    seen: list[int] = []
    stopped = trainer(callbacks=Callbacks(on_step=seen.append, stop=lambda: len(seen) >= 6))
    assert stopped.run() == "interrupted"
    assert stopped.directory.status()["state"] == "interrupted"
    path = checkpoint.newest(stopped.directory.checkpoints)
    assert path is not None
    assert path.name == checkpoint.name_of(7)


def test_the_newest_two_checkpoints_and_the_best_are_kept(trainer: Make) -> None:
    made = trainer("training.checkpoint_every=2")
    made.run()
    names = sorted(path.name for path in made.directory.checkpoints.iterdir())
    assert names == ["best.safetensors", checkpoint.name_of(10), checkpoint.name_of(12)]
    scores = [row["validation"]["same"] for row in made.directory.rows() if "validation" in row]
    best = checkpoint.load(made.directory.checkpoints / "best.safetensors")
    assert best.facts["best"] == min(scores)


def test_further_splits_are_validated_at_a_multiple(trainer: Make) -> None:
    made = trainer("training.validate_every=2", "training.validate_extra=3")
    made.run()
    rows = [row for row in made.directory.rows() if "validation" in row]
    assert [(row["step"], "harder" in row["validation"]) for row in rows] == [
        (2, False), (4, False), (6, True), (8, False), (10, False), (12, True)
    ]  # fmt: skip


@pytest.mark.parametrize("poison", ["weights", "problems"])
def test_a_non_finite_step_is_never_taken(trainer: Make, monkeypatch: pytest.MonkeyPatch, poison: str) -> None:
    made = trainer("training.log_every=4")
    sample = made.sampler.task.sample
    steps = 0

    def poisoned(*arguments: Any, **named: Any) -> Any:
        nonlocal steps
        steps += arguments[0] == 24  # fixed sets are made in blocks of another size
        batch = sample(*arguments, **named)
        return type(batch)(batch.x / 0 if steps == 8 else batch.x, batch.y, batch.given)

    before: list[dict[str, torch.Tensor]] = []

    def remember(step: int) -> None:
        before.append({name: p.detach().clone() for name, p in made.state.energy.named_parameters()})
        if poison == "weights" and step == 7:
            first = next(made.state.energy.parameters())
            first.data[0, 0] = math.nan
            before[-1] = {name: p.detach().clone() for name, p in made.state.energy.named_parameters()}

    if poison == "problems":
        monkeypatch.setattr(made.sampler.task, "sample", poisoned)
    made.callbacks = Callbacks(on_step=remember)
    with pytest.raises(NonFiniteError, match="step 7") as caught:
        made.run()
    assert caught.value.step == 7
    for name, parameter in made.state.energy.named_parameters():
        torch.testing.assert_close(parameter.detach(), before[6][name], equal_nan=True, rtol=0, atol=0)
    path = checkpoint.newest(made.directory.checkpoints)
    assert path is not None
    tensors = checkpoint.load(path).tensors
    assert path.name == checkpoint.name_of(5)
    assert all(value.isfinite().all() for name, value in tensors.items() if not name.startswith("generator"))


class Cheat(Propose):
    """Proposes the right answer in one row."""

    def __call__(self, context: MiningContext, candidates: int, generator: torch.Generator) -> torch.Tensor:
        proposals = context.batch.y[:, None] + 0.1
        proposals[3] = context.batch.y[3]
        return proposals.clamp(-2, 2)


def test_a_right_answer_is_no_negative_and_is_counted(trainer: Make) -> None:
    made = trainer()
    miners = {**made.sampler.miners, "adversarial": Miner(Cheat(), Descend(), Only())}
    object.__setattr__(made.sampler, "miners", miners)
    assert made.run() == "finished"
    rows = [row for row in made.directory.rows() if "arms" in row]
    assert {round(row["arms"]["adversarial"]["right"], 6) for row in rows} == {round(1 / made.sampler.size, 6)}


def test_a_checkpoint_of_another_configuration_is_refused(trainer: Make, tmp_path: Path) -> None:
    trainer(folder="one").run()
    other = trainer("optimizer.clip=0.5", folder="two")
    shutil.copytree(tmp_path / "one" / "checkpoints", tmp_path / "two" / "checkpoints", dirs_exist_ok=True)
    with pytest.raises(CheckpointError, match="another configuration"):
        other.resume()


def test_a_finished_run_reads_back_as_it_was(trainer: Make, tmp_path: Path) -> None:
    made = trainer()
    made.run()
    loaded = runs.load(tmp_path / "run")
    assert loaded.step == 12
    for name, value in made.state.average.state_dict().items():
        assert torch.equal(loaded.energy.state_dict()[name], value)


def test_status_and_metrics_are_plain_json(trainer: Make) -> None:
    made = trainer()
    made.run()
    rows: list[Mapping[str, Any]] = [json.loads(line) for line in made.directory.metrics.read_text().splitlines()]
    assert [row["step"] for row in rows if "loss" in row] == [2, 4, 6, 8, 10, 12]
    arm = rows[0]["arms"]["adversarial"]
    assert arm["share"] == 1.0
    assert arm["gap"] == pytest.approx(arm["energy_negative"] - rows[0]["energy_positive"], rel=1e-4, abs=1e-4)
