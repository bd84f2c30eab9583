"""What a run's directory says when it cannot be written."""

import os
from pathlib import Path

import pytest

from ravine.errors import OutputError
from ravine.training.directory import RunDirectory, identity


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_metrics_on_a_full_disk_name_their_file_and_the_cause(tmp_path: Path) -> None:
    directory = RunDirectory(str(tmp_path))
    directory.metrics.symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"metrics.jsonl: .*No space left"):
        directory.append({"step": 1})


def test_metrics_that_cannot_be_synced_name_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OutputError, match=r"metrics.jsonl: .*Input/output error"):
        RunDirectory(tmp_path).sync()


def test_rows_are_read_back_as_they_were_added(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    directory.append({"step": 1, "loss": float("nan")})
    directory.append({"step": 2, "loss": 0.5})
    assert directory.rows() == [{"step": 1, "loss": None}, {"step": 2, "loss": 0.5}]


def test_an_older_run_solves_as_runs_always_did() -> None:
    older, plain, rounded = (
        {"solve": {"steps": 5, **solve}} for solve in ({}, {"precision": "float32"}, {"precision": "bfloat16"})
    )
    assert identity(older) == identity(plain) != identity(rounded)
