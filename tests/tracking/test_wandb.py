"""What Weights & Biases keeps on disk, with the real package, without the network."""

import json
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.tracking.sudden import train_until_a_sudden_end
from tests.training.conftest import tiny
from tests.training.test_rollback import SMALL

from ravine import runs
from ravine.tracking.wandb import Sent, WandB, group_of, name_of
from ravine.training.callbacks import Began

pytest.importorskip("wandb", reason="the extra wandb is not installed")
PATIENCE = 60.0
BLOCK, HEADER, FULL, LAST = 32768, 7, 1, 4
WORDS = (*SMALL, "tracking=wandb", "training.validate_every=4")


def kept(run: Path) -> list[list[dict[str, Any]]]:
    """Return the rows in every file that was left to be sent, oldest first."""
    from wandb.proto.wandb_internal_pb2 import Record

    found = []
    for file in sorted(run.glob("wandb/offline-run-*/*.wandb"), key=lambda path: path.stat().st_mtime):
        rows = []
        for data in records(file.read_bytes()):
            record = Record()
            record.ParseFromString(data)
            if record.WhichOneof("record_type") == "history":
                items = record.history.item
                rows.append({"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in items})
        found.append(rows)
    return found


def records(content: bytes) -> Iterator[bytes]:
    """Yield the records of a log in LevelDB's format: blocks of 32 KiB, a file header of 7 bytes in the first."""
    place, whole = HEADER, b""
    while place + HEADER <= len(content):
        if (left := BLOCK - place % BLOCK) < HEADER:
            place += left
            continue
        _, length, kind = struct.unpack("<IHB", content[place : place + HEADER])
        whole += content[place + HEADER : place + HEADER + length]
        place += HEADER + length
        if kind in (FULL, LAST):
            yield whole
            whole = b""


def test_a_run_that_dies_and_goes_on_is_one_run_of_rows_that_are_not_doubled(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_until_a_sudden_end(WORDS, run)
    name = json.loads((run / "wandb.json").read_text(encoding="utf-8"))["id"]
    assert runs.train(tiny(*WORDS), run, resume=True) == "finished"
    assert "untracked" not in json.loads((run / "status.json").read_text(encoding="utf-8"))
    deadline = time.monotonic() + PATIENCE
    while not any("loss" in row and row["step"] == 12 for rows in kept(run) for row in rows):
        assert time.monotonic() < deadline, "the last row was never written"
        time.sleep(0.1)  # a process of its own writes them, and may still do so after the run there is finished
    before, after = kept(run)
    assert [row["step"] for row in before if "loss" in row] == [2, 4, 6, 8]
    assert [row["step"] for row in after if "loss" in row] == [10, 12]
    assert [row["step"] for row in [*before, *after] if "validation/same" in row][:2] == [4, 8]
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    losses = [row["loss"] for row in rows if "loss" in row]
    assert [row["loss"] for row in [*before, *after] if "loss" in row] == losses
    assert all(path.name.endswith(f"-{name}") for path in (run / "wandb").glob("offline-run-*"))


class Kept:
    """Stands for a run there."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def log(self, row: dict[str, Any]) -> None:
        self.rows.append(row)

    def define_metric(self, name: str, **options: Any) -> None:
        """Take note of nothing."""


def test_after_a_rollback_both_ways_are_shown_and_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import wandb

    kept = Kept()
    monkeypatch.setattr(wandb, "init", lambda **settings: kept)
    back = {"number": 1, "from": 7, "to": 5, "rate": 0.5, "why": "loss or gradient not finite"}
    losses: list[dict[str, Any]] = [{"step": step, "loss": loss} for step, loss in ((6, 1.0), (6, 0.5), (8, 0.4))]
    rows = [losses[0], {"step": 5, "rollback": back}, *losses[1:]]
    for began, some in ((Began(tmp_path, {}, 0), rows[:3]), (Began(tmp_path, {}, 5, rollbacks=1), rows[2:])):
        sent = Sent(WandB())
        sent.start(began)
        for row in some:
            sent.row(row)
    assert [(row["step"], row["rollbacks"]) for row in kept.rows] == [(6, 0), (5, 1), (6, 1), (8, 1)]


def test_a_login_that_is_missing_stops_the_tracker_and_not_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import wandb

    def refuse(**settings: Any) -> None:
        raise wandb.errors.UsageError("api_key not configured (no-tty)")

    monkeypatch.setattr(wandb, "init", refuse)
    assert runs.train(tiny(*WORDS, "tracking=[{kind='wandb', mode='online'}]"), tmp_path / "run") == "finished"
    (line,) = json.loads((tmp_path / "run/status.json").read_text(encoding="utf-8"))["untracked"]
    assert line.startswith("wandb stopped at step 0 (UsageError: api_key not configured")


def test_a_studys_run_goes_by_its_arm_and_seed_in_the_studys_group(tmp_path: Path) -> None:
    run = tmp_path / "pilot/runs/self/seed-3"
    assert (group_of(run), name_of(run)) == ("pilot", "self/seed-3")
    assert (group_of(tmp_path / "run"), name_of(tmp_path / "run")) == (None, "run")
