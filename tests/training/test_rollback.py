"""A run that diverges goes back with a lower learning rate, as often as it is told to."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.training.conftest import tiny
from tests.training.test_loop import KilledError, final, timeless

from ravine import build, runs
from ravine.errors import DivergedError, NonFiniteError
from ravine.training import checkpoint
from ravine.training.callbacks import Callbacks
from ravine.training.directory import RunDirectory, identity
from ravine.training.loop import Trainer

Make = Callable[..., Trainer]
SMALL = ("mining.arm=none", "diffusion.landscapes=3", "training.validation_problems=4", "evaluation.problems=8")
TWICE = (*SMALL, "training.rollback={times=2, factor=0.25}", "training.log_every=3")
WILD = ("optimizer.learning_rate=1e30", "optimizer.warmup=0", "optimizer.schedule=constant", "optimizer.clip=1e30")


def broken_after(trainer: Trainer, *steps: int, other: Callable[[int], object] = lambda step: None) -> Trainer:
    """Let a weight be no number after some steps, one for each way that the run tries."""

    def spoil(step: int) -> None:
        tried = len(trainer.state.rollbacks)
        if tried < len(steps) and step == steps[tried]:
            next(trainer.state.energy.parameters()).data[0, 0] = math.nan
        other(step)

    trainer.callbacks = Callbacks(on_step=spoil)
    return trainer


def ended(made: Trainer) -> tuple[bytes, bytes, list[dict[str, Any]]]:
    """Return the last and the best checkpoint and the rows, times apart."""
    best = made.directory.checkpoints / "best.safetensors"
    return final(made), best.read_bytes(), timeless(made.directory.rows())


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes, list[dict[str, Any]]]:
    """Return how the run ends that breaks after step 7 and again after step 8, and is not interrupted."""
    made = build.trainer(tiny(*TWICE), tmp_path_factory.mktemp("whole") / "run")
    made.directory.claim(made.config)
    broken_after(made, 7, 8).run()
    return ended(made)


def test_it_goes_back_to_the_last_planned_checkpoint_and_says_so(trainer: Make) -> None:
    made = broken_after(trainer(*TWICE), 7, 8)
    assert made.run() == "finished"
    rows = made.directory.rows()
    told = [row["rollback"] for row in rows if "rollback" in row]
    why = "loss or gradient not finite"
    assert told == [
        {"number": 1, "from": 7, "to": 5, "rate": 0.25, "why": why},
        {"number": 2, "from": 8, "to": 5, "rate": 0.0625, "why": why},
    ]
    assert [row["step"] for row in rows if "loss" in row] == [3, 6, 9, 12]
    rates = [row["learning_rate"] for row in rows if "loss" in row]
    plain = [made.learning_rate.at(step - 1) for step in (3, 6, 9, 12)]
    assert rates == [plain[0], *(0.0625 * rate for rate in plain[1:])]
    assert made.directory.status()["rollbacks"] == told


@pytest.mark.parametrize(
    ("how", "after"),
    [("killed", 8), ("killed", 10), ("killed", 13), ("stopped", 5), ("stopped", 8)],
)
def test_interrupted_round_it_it_ends_bitwise_the_same(
    trainer: Make, ends: tuple[bytes, bytes, list[dict[str, Any]]], how: str, after: int
) -> None:
    seen = 0

    def die(step: int) -> None:
        nonlocal seen
        seen += 1
        if how == "killed" and seen == after:
            raise KilledError

    first = broken_after(trainer(*TWICE), 7, 8, other=die)
    if how == "killed":
        with pytest.raises(KilledError):
            first.run()
    else:
        object.__setattr__(first.callbacks, "stop", lambda: seen >= after)
        first.run()
    resumed = broken_after(trainer(*TWICE), 7, 8)
    resumed.resume()
    resumed.run()
    assert ended(resumed) == ends


@pytest.mark.parametrize("name", ["forget_after", "append"])
def test_killed_while_it_goes_back_it_ends_the_same(
    trainer: Make, ends: tuple[bytes, bytes, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    killed, real = broken_after(trainer(*TWICE), 7, 8), getattr(RunDirectory, name)

    def die(self: RunDirectory, value: Any) -> None:
        if name == "forget_after" or "rollback" in value:
            raise KilledError
        real(self, value)

    with monkeypatch.context() as patch:
        patch.setattr(RunDirectory, name, die)
        with pytest.raises(KilledError):
            killed.run()
    resumed = broken_after(trainer(*TWICE), 7, 8)
    resumed.resume()
    resumed.run()
    assert ended(resumed) == ends


def test_no_more_often_than_told_and_from_the_beginning_without_checkpoints(trainer: Make) -> None:
    made = broken_after(trainer(*TWICE, "training.checkpoint_every=0"), 4, 4, 4)
    with pytest.raises(DivergedError, match=r"not finite at step 4; the run went back 2 times already; .*lower"):
        made.run()
    assert [entry["to"] for entry in made.state.rollbacks] == [0, 0]
    with pytest.raises(NonFiniteError, match="at step 4; training stopped"):
        broken_after(trainer(*SMALL, folder="plain"), 4).run()


def test_a_loss_beyond_the_limit_counts_before_it_is_kept(trainer: Make) -> None:
    made = trainer(*SMALL, "training.rollback={times=1, limit=3.0}", "training.log_every=6")

    def shake(step: int) -> None:
        if step == 9 and not made.state.rollbacks:
            for parameter in made.state.energy.parameters():
                parameter.data *= 3

    made.callbacks = Callbacks(on_step=shake)
    assert made.run() == "finished"
    (entry,) = made.state.rollbacks
    assert (entry["from"], entry["to"]) == (10, 5)
    assert entry["why"].endswith("above training.rollback.limit = 3")


def test_a_run_with_a_wild_rate_is_saved_by_a_lower_one(tmp_path: Path) -> None:
    config = tiny(*SMALL, *WILD, "training.rollback={times=1, factor=1e-33}")
    assert runs.train(config, tmp_path / "run") == "finished"
    status = RunDirectory(tmp_path / "run").status()
    assert (status["state"], status["rollbacks"][0]["to"]) == ("finished", 0)
    assert len(list((tmp_path / "run/checkpoints").iterdir())) <= 3


def test_it_is_part_of_what_a_run_is_only_where_it_may_happen(tmp_path: Path) -> None:
    plain, off, on = (
        tiny(*words).model_dump(mode="json")
        for words in ((), ("training.rollback.factor=0.1",), ("training.rollback.times=1",))
    )
    older = json.loads(json.dumps(plain))
    del older["training"]["rollback"]
    assert identity(older) == identity(plain) == identity(off) != identity(on)


def test_where_it_goes_back_to_is_kept_through_interruptions(tmp_path: Path) -> None:
    for step in (10, 20, 23, 25):
        (tmp_path / checkpoint.name_of(step)).touch()
        checkpoint.prune(tmp_path, lambda step: step % 10 == 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == [checkpoint.name_of(20), checkpoint.name_of(25)]


def test_without_it_nothing_is_other(trainer: Make) -> None:
    plain, ready = trainer(*SMALL, folder="plain"), trainer(*SMALL, "training.rollback.times=2", folder="ready")
    plain.run()
    ready.run()
    assert plain.state.tensors().keys() == ready.state.tensors().keys()
    for name, value in plain.state.tensors().items():
        assert value.equal(ready.state.tensors()[name]), name


def test_another_kind_of_device_begins_streams_anew(trainer: Make) -> None:
    made = trainer(*SMALL)
    made.run()
    path = made.directory.checkpoints / checkpoint.name_of(10)
    found = checkpoint.load(path)
    states = {name: value[:16] for name, value in found.tensors.items() if name.startswith("generator/")}
    for file in made.directory.checkpoints.glob("step-*"):
        checkpoint.save(file, {**found.tensors, **states}, found.facts)
    ends = []
    for _ in range(2):
        moved = build.trainer(tiny(*SMALL), made.directory.path)
        moved.resume()
        assert moved.state.step == 10
        moved.step()
        ends.append(moved.state.tensors())
    assert all(value.isfinite().all() for name, value in ends[0].items() if not name.startswith("generator"))
    assert all(value.equal(ends[1][name]) for name, value in ends[0].items())
