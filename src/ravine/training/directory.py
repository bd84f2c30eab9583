"""A run's directory: the one truth about a run."""

import fcntl
import json
import math
import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from ravine.errors import RunError, why
from ravine.training.files import newest, step_of, write_atomically, writing

LOCK_SECONDS = 5.0
"""How long to wait for a process that is just leaving the directory."""
LASTING = ("rollbacks", "untracked")
"""What a status says of a whole run: where it went back, and which of its trackers failed."""
SHOWN = 3
"""Differences of two configurations that are told."""
State = Literal["new", "running", "interrupted", "finished", "diverged", "failed"]
DONE: frozenset[str] = frozenset({"finished", "diverged"})
"""The states in which nothing is left to do."""


class RunDirectory:
    """The files of one run: configuration, status, metrics, checkpoints, evaluation, problems' errors, attempts."""

    def __init__(self, path: str | Path) -> None:
        self.path = path = Path(path)
        self.config = path / "config.json"
        self.status_file = path / "status.json"
        self.metrics = path / "metrics.jsonl"
        self.checkpoints = path / "checkpoints"
        self.evaluation = path / "evaluation.json"
        self.errors = path / "errors.npz"
        self.environment = path / "environment.json"
        self.log = path / "train.log"

    def claim(self, config: Mapping[str, Any]) -> None:
        """Make the directory and its `config.json`; a `RunError` if it holds another configuration."""
        if self.config.exists():
            held = read_json(self.config)
            if identity(held) != identity(config):
                why = difference(identity(held), identity(config))
                raise RunError(f"{self.path} holds another configuration ({why}); choose another --out")
            if held != config:
                write_json(self.config, config)
            return
        if self.path.exists() and any(self.path.iterdir()):
            raise RunError(f"{self.path} is not empty and not a run's directory; choose another --out")
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        write_json(self.config, config)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory against other processes; the lock goes with the process, however that ends."""
        with (self.path / ".lock").open("wb") as file:
            deadline = time.monotonic() + LOCK_SECONDS
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise RunError(f"{self.path} is in use by another process") from None
                    time.sleep(0.1)
            yield

    def in_use(self) -> bool:
        """Return whether a process holds the directory now."""
        if not (self.path / ".lock").exists():
            return False
        with (self.path / ".lock").open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def saved_step(self) -> int:
        """Return the step of the newest checkpoint; 0 if there is none."""
        file = newest(self.checkpoints)
        return 0 if file is None else step_of(file)

    def status(self) -> dict[str, Any]:
        """Return the last status written; state "new" if there is none."""
        return read_json(self.status_file) if self.status_file.exists() else {"state": "new", "step": 0, "seconds": 0.0}

    def set_status(self, state: State, step: int, seconds: float, **details: Any) -> None:
        """Replace the status, atomically; one that went on under another environment says so as `moved`.

        What it says of `LASTING` things it goes on saying until it is told otherwise.
        """
        held = self.status()
        moved = read_json(self.environment).get("moved") if self.environment.exists() else None
        lasting = {"moved": moved, **{key: details.pop(key, held.get(key)) for key in LASTING}}
        told = {key: value for key, value in lasting.items() if value}
        write_json(self.status_file, {"state": state, "step": step, "seconds": round(seconds, 3), **details, **told})

    def last_line(self) -> str | None:
        """Return the last line that the run's process said, if it said anything."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if self.log.exists() else []
        return lines[-1].removeprefix("ravine: ") if lines else None

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of `metrics.jsonl`; a last line cut off by a crash is passed over."""
        if not self.metrics.exists():
            return []
        lines = self.metrics.read_bytes().split(b"\n")
        return [json.loads(line) for line in lines[:-1]]

    def append(self, row: Mapping[str, Any]) -> None:
        """Add a row to `metrics.jsonl`; numbers that are not finite become null."""
        with writing(self.metrics), self.metrics.open("ab") as file:
            file.write((json.dumps(finite(row)) + "\n").encode())

    def sync(self) -> None:
        """Make the rows of `metrics.jsonl` last through a power failure."""
        with writing(self.metrics), self.metrics.open("ab") as file:
            os.fsync(file.fileno())

    def forget_after(self, step: int) -> None:
        """Drop the rows of `metrics.jsonl` that lie after `step`, when a run goes on from there."""
        kept = [json.dumps(row) + "\n" for row in self.rows() if row["step"] <= step]
        write_atomically(self.metrics, "".join(kept).encode())


def identity(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes a run's configuration this one: what decides numbers, not where it runs or who looks on.

    Device, threads and engine are recorded with what a run was computed with, and a change of them is told. Where its
    first weights lie is nothing either, nor how it would go back if it does not, nor that it solves as runs always did.
    """
    without = {"training": {"start_from"}, "compute": {"device", "threads", "engine"}}
    training = config.get("training")
    if isinstance(training, Mapping) and not (training.get("rollback") or {}).get("times"):
        without["training"].add("rollback")
    solve = config.get("solve")
    if isinstance(solve, Mapping) and solve.get("precision") == "float32":
        without["solve"] = {"precision"}
    return {key: lacking(value, without.get(key, ())) for key, value in config.items() if key != "tracking"}


def lacking(table: Any, fields: Collection[str]) -> Any:
    """Return a table without some of its fields; anything else as it is."""
    if not isinstance(table, Mapping):
        return table
    return {name: value for name, value in table.items() if name not in fields}


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; a `RunError` if it is not one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise RunError(f"{path}: cannot be read as JSON ({why(error)})") from None
    if not isinstance(content, dict):
        raise RunError(f"{path}: holds no JSON object")
    return content


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace `path` by `content` as JSON, atomically; numbers that are not finite become null."""
    write_atomically(path, (json.dumps(finite(content), indent=1) + "\n").encode())


def finite(content: Any) -> Any:
    """Return `content` with every number that JSON cannot hold (nan, inf) replaced by null."""
    if isinstance(content, Mapping):
        return {key: finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def difference(held: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Return the fields in which two configurations differ, with both values: the first ones, and how many more."""
    found = list(differences(held, wanted))
    more = f", and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return (", ".join(found[:SHOWN]) + more) or "the same"


def differences(held: Mapping[str, Any], wanted: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield every field in which two configurations differ, with both values."""
    for key in sorted({*held, *wanted}):
        ours, theirs = held.get(key), wanted.get(key)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            yield from differences(ours, theirs, f"{prefix}{key}.")
        elif ours != theirs:
            yield f"{prefix}{key} is {ours!r} there and {theirs!r} here"
