"""What goes wrong on the way: disks, checkpoints, numbers. One line, status 2, and nothing good is lost."""

import errno
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tests.cli.said import Ravine, contents, one_line

LAST = "checkpoints/step-000000006.safetensors"
WILD = ["optimizer.learning_rate=1e30", "optimizer.warmup=0", "optimizer.schedule=constant", "optimizer.clip=1e30"]


def status(run: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((run / "status.json").read_text())
    return content


@pytest.fixture
def unfinished(finished_run: Path, tmp_path: Path) -> Path:
    """A copy of the finished run as if it had been killed after its last checkpoint."""
    out = tmp_path / "run"
    shutil.copytree(finished_run, out)
    (out / "evaluation.json").unlink()
    (out / "status.json").write_text(json.dumps({**status(out), "state": "running"}))
    return out


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def foreign_text(path: Path) -> None:
    path.write_text("not a checkpoint at all, but long enough to look like one")


def foreign_pickle(path: Path) -> None:
    torch.save({"model": torch.zeros(3)}, path)


def foreign_tensors(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path)


@pytest.mark.parametrize("spoil", [truncate, empty, foreign_text, foreign_pickle, foreign_tensors])
def test_a_spoilt_checkpoint_is_named_and_nothing_deleted(
    ravine: Ravine, tiny: list[str], unfinished: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(unfinished / LAST)
    before = contents(unfinished)
    for words in (
        ["train", "inverse-quick", *tiny, "--out", unfinished, "--resume"],
        ["evaluate", unfinished],
        ["solve", unfinished, unfinished / "x.npy"],
    ):
        assert LAST in one_line(ravine(*words))
    assert {name: data for name, data in contents(unfinished).items() if name != ".lock"} == {
        name: data for name, data in before.items() if name != ".lock"
    }


def test_after_deleting_a_truncated_checkpoint_the_older_one_serves(
    ravine: Ravine, tiny: list[str], unfinished: Path, finished_run: Path
) -> None:
    (unfinished / LAST).unlink()
    assert ravine("train", "inverse-quick", *tiny, "--out", unfinished, "--resume", "--quiet").returncode == 0
    assert (unfinished / LAST).read_bytes() == (finished_run / LAST).read_bytes()


def test_the_checkpoint_of_another_configuration_is_refused(
    ravine: Ravine, tiny: list[str], unfinished: Path, finished_run: Path
) -> None:
    words = ["train", "inverse-quick", *tiny, "energy.width=8", "--out", unfinished.parent / "other", "--quiet"]
    assert ravine(*words).returncode == 0
    shutil.copy(unfinished.parent / "other" / LAST, unfinished / LAST)
    assert LAST in one_line(ravine("train", "inverse-quick", *tiny, "--out", unfinished, "--resume"))
    assert LAST in one_line(ravine("evaluate", unfinished))


def test_a_run_without_checkpoint_or_without_configuration(
    ravine: Ravine, tiny: list[str], unfinished: Path, tmp_path: Path
) -> None:
    (tmp_path / "nothing").mkdir()
    assert "no config.json" in one_line(ravine("evaluate", tmp_path / "nothing"))
    assert "no config.json" in one_line(ravine("evaluate", tmp_path / "gone"))
    shutil.rmtree(unfinished / "checkpoints")
    assert "no checkpoint yet" in one_line(ravine("evaluate", unfinished))
    (unfinished / "config.json").write_text("{")
    assert "config.json" in one_line(ravine("evaluate", unfinished))
    assert "config.json" in one_line(ravine("train", "inverse-quick", *tiny, "--out", unfinished, "--resume"))


def test_a_place_that_cannot_be_written_to(ravine: Ravine, tiny: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    for command, source in (("train", "inverse-quick"), ("compare", "pilot")):
        assert "file" in one_line(ravine(command, source, *tiny, "--no-doctor", "--out", tmp_path / "file" / "run"))
        assert "file" in one_line(ravine(command, source, *tiny, "--no-doctor", "--out", tmp_path / "file"))
    assert contents(tmp_path) == {"file": b"a file"}


@pytest.mark.parametrize("what", ["fsync", "replace"])
def test_a_full_disk_keeps_the_last_good_checkpoint(
    ravine: Ravine, tiny: list[str], tmp_path: Path, finished_run: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    out = tmp_path / "run"
    real = getattr(os, what)
    full = False

    def refuse(*arguments: object, **named: object) -> object:
        nonlocal full
        full = full or (out / "checkpoints" / "step-000000004.safetensors").exists()
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, what, refuse)
        if what == "replace":
            patch.setattr(Path, "replace", lambda self, target: refuse(self, target))
        line = one_line(ravine("train", "inverse-quick", *tiny, "--out", out))
    assert re.search(r"run/(status.json|metrics.jsonl|checkpoints/\S+): .*No space left on device", line), line
    assert full
    assert not [path for path in out.rglob("*") if "part" in path.name]
    kept = {path.name for path in (out / "checkpoints").iterdir()}
    assert "step-000000004.safetensors" in kept
    assert "step-000000006.safetensors" not in kept
    assert ravine("train", "inverse-quick", *tiny, "--out", out, "--resume", "--quiet").returncode == 0
    assert (out / LAST).read_bytes() == (finished_run / LAST).read_bytes()


def test_a_loss_that_is_not_finite_names_the_step_and_keeps_the_checkpoint(
    ravine: Ravine, tiny: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    words = [*tiny, *WILD, "training.checkpoint_every=1", "training.validate_every=0", "training.log_every=1"]
    line = one_line(ravine("train", "inverse-quick", *words, "--out", out))
    assert "not finite at step 1;" in line
    assert "optimizer.learning_rate" in line
    told = status(out)
    assert (told["state"], told["step"]) == ("diverged", 1)
    assert "not finite at step 1" in str(told["error"])
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["step-000000001.safetensors"]
    assert not (out / "evaluation.json").exists()


def test_a_run_that_breaks_with_its_last_step_is_scored_without_numbers(
    ravine: Ravine, tiny: list[str], tmp_path: Path
) -> None:
    words = [*tiny, *WILD, "training.steps=1", "training.validate_every=0", "average.decay=0", "average.every=1"]
    done = ravine("train", "inverse-quick", *words, "--out", tmp_path / "run", "--json")
    assert done.returncode == 0, done.stderr

    def refuse(name: str) -> object:
        raise AssertionError(f"{name} is no JSON")

    content = json.loads(done.stdout, parse_constant=refuse)
    assert content["splits"]["same"]["metrics"]["mse"]["value"] is None
    assert content["splits"]["same"]["skill"]["mse"] is None
    assert "—" in ravine("train", "inverse-quick", *words, "--out", tmp_path / "run", "--resume").stdout
    json.loads(ravine("evaluate", tmp_path / "run", "--json").stdout, parse_constant=refuse)
