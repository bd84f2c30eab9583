"""Checkpoints: one safetensors file each, written aside, synced and renamed; nothing in them is ever executed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ravine.errors import CheckpointError
from ravine.training.files import SUFFIX as SUFFIX
from ravine.training.files import name_of as name_of
from ravine.training.files import newest as newest
from ravine.training.files import step_of
from ravine.training.files import write_atomically as write_atomically

SCHEMA = 1


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint's contents: tensors by name, and its facts (schema, step, configuration, ...)."""

    tensors: dict[str, Tensor]
    facts: dict[str, Any]


def save(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write a checkpoint to `path`, atomically; tensors that share memory are each written whole."""
    on_cpu = {name: tensor.cpu().clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()}
    header = {"ravine": json.dumps({"schema": SCHEMA, **facts}, sort_keys=True)}
    write_atomically(path, safetensors.torch.save(on_cpu, metadata=header))


def load(path: Path, advice: str = "delete it to fall back on an older one") -> Checkpoint:
    """Read a checkpoint; a `CheckpointError` says if it is truncated (and what to do), foreign or of another schema."""
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such checkpoint") from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: truncated or not a checkpoint ({error}); {advice}") from None
    if "ravine" not in header:
        raise CheckpointError(f"{path}: a safetensors file, but not a ravine checkpoint")
    facts = json.loads(header["ravine"])
    if facts.get("schema") != SCHEMA:
        raise CheckpointError(f"{path}: schema {facts.get('schema')}, this version reads {SCHEMA}")
    return Checkpoint(tensors, facts)


def prune(folder: Path, planned: Callable[[int], bool]) -> None:
    """Delete all but the newest checkpoint and one before it; the best one has a name of its own and stays.

    The one before is the newest of a `planned` step, so that where a run goes back to does not depend on when it was
    interrupted; the newest of all where none is planned.
    """
    *older, _ = sorted(folder.glob(f"step-*{SUFFIX}"))
    kept = next((file for file in reversed(older) if planned(step_of(file))), older[-1] if older else None)
    for file in older:
        if file != kept:
            file.unlink()
