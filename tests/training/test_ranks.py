"""Several processes train one run as one does, to the last bit: weights, memories, counts, guards, records."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from tests.training import shared

from ravine import build
from ravine.config import read_run
from ravine.errors import ConfigurationError, RunError
from ravine.launch import launch
from ravine.training import checkpoint
from ravine.training.measures import step_row, whole_row
from ravine.training.ranks import ALONE, Ranks
from ravine.training.step import Stepped


def together(count: int, words: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Start processes as torchrun does."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}", *words]
    places = os.pathsep.join(map(os.path.abspath, sys.path))
    environment = {**os.environ, "PYTHONPATH": places, "OMP_NUM_THREADS": "1"}
    return subprocess.run(torchrun, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder where two processes left what they trained."""
    folder = tmp_path_factory.mktemp("two")
    done = together(2, [shared.__file__, str(folder)], folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("name", shared.RUNS)
def test_two_processes_train_what_one_trains(two: Path, name: str, tmp_path: Path) -> None:
    accumulation = 4 if name == "parts" else 2
    alone = shared.trained(name, tmp_path, ALONE, training__accumulation=accumulation)
    with safe_open(two / f"{name}.safetensors", framework="pt") as file:
        assert file.metadata()["evaluations"] == str(alone.state.evaluations)
        theirs = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    ours = alone.state.tensors()
    assert theirs.keys() == ours.keys()
    assert [key for key, value in ours.items() if not torch.equal(theirs[key], value)] == []


def test_a_loss_without_a_number_in_one_process_stops_all_at_one_step(two: Path) -> None:
    said = {(two / f"stopped-{rank}.txt").read_text(encoding="utf-8") for rank in (0, 1)}
    assert len(said) == 1
    assert said.pop().startswith("4: ")


def test_a_loss_without_a_number_in_one_process_takes_all_back_together(two: Path) -> None:
    first, second = (json.loads((two / f"rolled-{rank}.json").read_text(encoding="utf-8")) for rank in (0, 1))
    assert first == second
    assert (first["state"], [(entry["from"], entry["to"]) for entry in first["rollbacks"]]) == ("finished", [(3, 2)])
    rows = [json.loads(line) for line in (two / "rolled/metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["rollback"] for row in rows if "rollback" in row] == first["rollbacks"]


def test_no_thread_of_the_group_outlives_it(two: Path) -> None:
    for rank in (0, 1):
        assert "gloo" not in (two / f"threads-{rank}.txt").read_text(encoding="utf-8")


def test_the_row_of_a_step_is_that_of_its_parts_together(tmp_path: Path) -> None:
    trainer = shared.trained("mixture", tmp_path, ALONE, training__accumulation=2)
    settings = trainer.curriculum.settings_at(trainer.state.step)
    stepped = next(stepped for stepped in iter(trainer.step, None) if any(part.arms for part in stepped.parts))
    rows = [step_row(Stepped((part,), stepped.gradient_norm), settings) for part in stepped.parts]
    expected, found = step_row(stepped, settings), whole_row(rows)
    assert json.loads(json.dumps(found)).keys() == expected.keys()
    assert found["arms"].keys() == expected["arms"].keys()
    assert flat(found) == pytest.approx(flat(expected), rel=1e-5, abs=1e-7)


def flat(row: dict[str, object], prefix: str = "") -> dict[str, float]:
    """Return the numbers of a row and its tables by their path."""
    found: dict[str, float] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{key}/")
        elif value is not None:
            found[f"{prefix}{key}"] = float(value)  # type: ignore[arg-type]
    return found


def test_ravine_train_under_torchrun_leaves_one_run(tmp_path: Path) -> None:
    words = ["-m", "ravine", "train", "inverse-quick", "--out", "run", "--no-doctor", *shared.config("plain")]
    steps = ["training.steps=6", "training.checkpoint_every=3", "training.log_every=1"]
    done = together(2, [*words, *steps], tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["step"] for row in rows if "loss" in row] == [1, 2, 3, 4, 5, 6]
    assert json.loads((tmp_path / "run/status.json").read_text(encoding="utf-8"))["state"] == "finished"
    entry = json.loads((tmp_path / "run/environment.json").read_text(encoding="utf-8"))["attempts"][-1]
    assert entry["environment"]["processes"] == 2
    assert done.stdout.count("same") == done.stdout.count("harder")
    found = checkpoint.newest(tmp_path / "run/checkpoints")
    assert found is not None
    assert checkpoint.load(found).facts["step"] == 6


@pytest.mark.parametrize(("size", "message"), [(5, "multiple of 5"), (16, "multiple of 16")])
def test_a_batch_that_cannot_be_shared_is_refused(tmp_path: Path, size: int, message: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"training.batch: 24 .*{message}"):
        build.trainer(read_run("inverse-quick", shared.config("plain")), tmp_path, ranks=Ranks(0, size))


def test_processes_that_torchrun_did_not_start_are_refused() -> None:
    with pytest.raises(RunError, match=r"without LOCAL_RANK, MASTER_ADDR, MASTER_PORT; start them by torchrun"):
        launch({"WORLD_SIZE": "2", "RANK": "1"})
    assert launch({}).size == launch({"WORLD_SIZE": "1", "RANK": "0"}).size == 1
