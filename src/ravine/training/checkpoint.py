"""Checkpoints: one safetensors file each, written aside, synced and renamed; nothing in them is ever executed."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ravine.errors import CheckpointError, OutputError

SCHEMA = 1
SUFFIX = ".safetensors"
NEWEST_KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint's contents: tensors by name, and its facts (schema, step, configuration, ...)."""

    tensors: dict[str, Tensor]
    facts: dict[str, Any]


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says of a failed write, which names no file, into an `OutputError` that names `path`."""
    try:
        yield
    except OSError as error:
        why = error.strerror or error
        raise OutputError(f"{path}: cannot be written ({why}); make room there or write elsewhere") from error


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content`: a temporary file beside it, synced, then renamed; on failure nothing changes."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with writing(path):
        try:
            with aside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` last through a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def save(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write a checkpoint to `path`, atomically; tensors that share memory are each written whole."""
    on_cpu = {name: tensor.cpu().clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()}
    header = {"ravine": json.dumps({"schema": SCHEMA, **facts}, sort_keys=True)}
    write_atomically(path, safetensors.torch.save(on_cpu, metadata=header))


def load(path: Path) -> Checkpoint:
    """Read a checkpoint; a `CheckpointError` says if it is truncated, foreign or of another schema."""
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such checkpoint") from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path}: truncated or not a checkpoint ({error}); delete it to fall back on an older one"
        ) from None
    if "ravine" not in header:
        raise CheckpointError(f"{path}: a safetensors file, but not a ravine checkpoint")
    facts = json.loads(header["ravine"])
    if facts.get("schema") != SCHEMA:
        raise CheckpointError(f"{path}: schema {facts.get('schema')}, this version reads {SCHEMA}")
    return Checkpoint(tensors, facts)


def name_of(step: int) -> str:
    """Return the file name of the checkpoint after `step` steps."""
    return f"step-{step:09d}{SUFFIX}"


def newest(folder: Path) -> Path | None:
    """Return the newest checkpoint in `folder`, if there is one."""
    found = sorted(folder.glob(f"step-*{SUFFIX}"))
    return found[-1] if found else None


def prune(folder: Path) -> None:
    """Delete all but the newest two checkpoints; the best one has a name of its own and stays."""
    for old in sorted(folder.glob(f"step-*{SUFFIX}"))[:-NEWEST_KEPT]:
        old.unlink()
