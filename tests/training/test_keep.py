"""What a finished run keeps, and a disk that is full while it trains."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.test_runs import TINY

from ravine import runs
from ravine.config import read_run
from ravine.errors import OutputError, RunError
from ravine.training import checkpoint
from ravine.training.directory import RunDirectory
from ravine.training.files import Keep

CONFIG = read_run("inverse-quick", [*TINY, "training.checkpoint_every=2", "training.validate_every=3"])


def names(run: Path) -> list[str]:
    return sorted(path.name for path in (run / "checkpoints").iterdir())


def test_at_most_three_checkpoints_its_weights_or_none(tmp_path: Path) -> None:
    keep: Keep
    for keep in ("all", "weights", "none"):
        assert runs.train(CONFIG, tmp_path / keep, keep=keep) == "finished"
    assert len(names(tmp_path / "all")) == 3
    (newest,) = names(tmp_path / "weights")
    kept = checkpoint.load(tmp_path / "weights" / "checkpoints" / newest)
    assert all(name.startswith("average/") for name in kept.tensors)
    whole, thin = runs.load(tmp_path / "all").energy, runs.load(tmp_path / "weights").energy
    assert all((a == b).all() for a, b in zip(whole.parameters(), thin.parameters(), strict=True))
    assert names(tmp_path / "none") == []
    with pytest.raises(RunError, match="trained with --keep none"):
        runs.load(tmp_path / "none")
    for keep in ("weights", "none"):
        assert (tmp_path / keep / "errors.npz").read_bytes() == (tmp_path / "all" / "errors.npz").read_bytes()
        assert runs.train(CONFIG, tmp_path / keep, resume=True, keep=keep) == "finished"


def test_a_full_disk_interrupts_and_with_room_it_ends_bitwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = 0
    replace: Callable[..., Any] = Path.replace

    def full(self: Path, target: Path) -> Path:
        nonlocal written
        if target.suffix == checkpoint.SUFFIX:
            written += 1
            if written == 3:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        made: Path = replace(self, target)
        return made

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(OutputError, match="No space left on device") as told:
            runs.train(CONFIG, tmp_path / "full")
    assert told.value.full
    status = RunDirectory(tmp_path / "full").status()
    assert status["state"] == "interrupted"
    assert "No space left on device" in status["error"]
    assert runs.train(CONFIG, tmp_path / "full", resume=True) == "finished"
    assert runs.train(CONFIG, tmp_path / "whole") == "finished"
    for name in ("errors.npz", f"checkpoints/{names(tmp_path / 'whole')[-1]}"):
        assert (tmp_path / "full" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
