"""Beginning with what another run has learned: the averaged weights of its newest checkpoint."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ravine.errors import RunError
from ravine.training import checkpoint
from ravine.training.directory import RunDirectory

AVERAGE = "average/"
DIGITS = 16
Weights = Mapping[str, Tensor]


def averaged(tensors: Weights) -> dict[str, Tensor]:
    """Return the averaged weights among a checkpoint's tensors, under the energy's own names."""
    return {name.removeprefix(AVERAGE): value for name, value in tensors.items() if name.startswith(AVERAGE)}


def weights_of(run: Path) -> dict[str, Tensor]:
    """Return the averaged weights of a run's newest checkpoint; a `RunError` if there is no run or no checkpoint."""
    directory = RunDirectory(run)
    if not directory.config.exists():
        raise RunError(f"training.start_from: {run}: no such run (no config.json there)")
    file = checkpoint.newest(directory.checkpoints)
    if file is None:
        raise RunError(f"training.start_from: {run}: no checkpoint yet; train it first")
    return averaged(checkpoint.load(file).tensors)


def digest(weights: Weights) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of weights: their names, types, shapes and bytes."""
    total = hashlib.sha256()
    for name, value in sorted(weights.items()):
        total.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        total.update(value.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return total.hexdigest()[:DIGITS]


def misfit(weights: Weights, own: Weights) -> str | None:
    """Return the first of an energy's `own` weights that others cannot take the place of, in words; or None."""
    for name, value in own.items():
        if name not in weights:
            return f"it has no {name}"
        if weights[name].shape != value.shape:
            return f"{name} is {tuple(weights[name].shape)} there and {tuple(value.shape)} here"
    return next((f"its {name} has no place here" for name in weights if name not in own), None)
