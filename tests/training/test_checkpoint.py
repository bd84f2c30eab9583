import os
import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch

from ravine.errors import CheckpointError, OutputError
from ravine.training import checkpoint

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor([1, 2], dtype=torch.uint8)}


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / checkpoint.name_of(7)
    checkpoint.save(path, TENSORS, {"step": 7, "config": {"seed": 0}})
    found = checkpoint.load(path)
    assert found.facts == {"schema": 1, "step": 7, "config": {"seed": 0}}
    assert all(torch.equal(found.tensors[name], value) for name, value in TENSORS.items())
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("length", [0, 5, 40, -1])
def test_a_truncated_file_is_named(tmp_path: Path, length: int) -> None:
    path = tmp_path / checkpoint.name_of(1)
    checkpoint.save(path, TENSORS, {"step": 1})
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(CheckpointError, match="truncated"):
        checkpoint.load(path)


def test_foreign_files_are_refused_and_nothing_in_them_runs(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (exec, (f"open({str(tmp_path / 'sprung')!r}, 'w')",))

    pickled, other = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    pickled.write_bytes(pickle.dumps(Trap()))
    other.write_bytes(safetensors.torch.save(TENSORS))
    for path, reason in ((pickled, "not a checkpoint"), (other, "not a ravine checkpoint")):
        with pytest.raises(CheckpointError, match=reason):
            checkpoint.load(path)
    assert not (tmp_path / "sprung").exists()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    checkpoint.write_atomically(path, b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=f"{path}: .*No space"):
        checkpoint.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
