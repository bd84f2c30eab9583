"""Weights apart from their run: a folder with `config.json`, `model.safetensors` and a card, as model hubs take it."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ravine import models
from ravine.errors import RunError
from ravine.training import checkpoint
from ravine.training.checkpoint import Checkpoint

WEIGHTS = "model.safetensors"
CARD = "README.md"
CONFIG = "config.json"


def place(source: str | Path) -> Path:
    """Return the folder of a run or of an export, or of the model of that name that ships; a folder goes first.

    Raises `RunError` where there is none, with the names of the models.
    """
    path = Path(source)
    if (path / CONFIG).is_file():
        return path
    if path.exists():
        raise RunError(f"{source}: not a run's directory (no config.json)")
    if str(source) in (names := models.names()):
        return models.folder(str(source))
    near = "".join(f"; did you mean {name!r}?" for name in difflib.get_close_matches(str(source), names, 1))
    raise RunError(
        f"{source}: not a run's directory (no config.json), nor a pretrained model ({', '.join(names)}){near}"
    )


def is_exported(folder: Path) -> bool:
    """Return whether a folder holds weights apart from their run."""
    return (folder / WEIGHTS).exists()


def read(folder: Path) -> Checkpoint:
    """Return the weights in a folder, under the energy's own names; a `CheckpointError` if they cannot be read."""
    return checkpoint.load(folder / WEIGHTS, "export it again")


def write(folder: Path, weights: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write weights into a folder, with facts of their training."""
    checkpoint.save(folder / WEIGHTS, weights, facts)
