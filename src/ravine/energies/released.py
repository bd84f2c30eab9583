"""Weights of the released IRED code, read into our networks."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ravine.energies.mlp import MLP
from ravine.errors import CheckpointError

MLP_NAMES = {
    "time_mlp.1": "embedding.first",
    "time_mlp.3": "embedding.second",
    "fc1": "fc1",
    "fc2": "fc2",
    "fc3": "fc3",
    "fc4": "fc4",
    "t_map_fc2": "steer2",
    "t_map_fc3": "steer3",
}
"""Released layer names and ours."""

PREFERRED_PREFIX = "ema_model."


def read_released(path: str | Path) -> dict[str, Tensor]:
    """Return the tensors of a released checkpoint, the averaged ones if it has them; nothing in it is executed.

    A `CheckpointError` says if there is no such file, or none of plain tensors.
    """
    try:
        with Path(path).open("rb") as file:
            content = torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror or error}; name a checkpoint's file") from None
    except Exception as error:  # torch.load has no error of its own: a foreign file can fail in any way
        raise CheckpointError(
            f"{path}: not a PyTorch checkpoint of plain tensors, and nothing else is read, as it could execute code; "
            "save the weights alone: torch.save(model.state_dict(), FILE)"
        ) from error
    for key in ("ema", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            return tensors_of(content[key])
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: holds no table of weights")
    return tensors_of(content)


def tensors_of(content: Mapping[str, object]) -> dict[str, Tensor]:
    """Return the entries that are tensors."""
    return {name: value for name, value in content.items() if isinstance(value, Tensor)}


def mlp_from_released(tensors: Mapping[str, Tensor], landscapes: int = 10) -> MLP:
    """Return the MLP energy with released weights; names may carry any prefix, averaged weights are preferred.

    A `CheckpointError` names the first parameter that is missing.
    """
    weights = {}
    for theirs, ours in MLP_NAMES.items():
        for kind in ("weight", "bias"):
            weights[f"{ours}.{kind}"] = find(tensors, f"{theirs}.{kind}")
    inputs, outputs = weights["fc1.weight"].shape[1], weights["fc4.weight"].shape[0]
    width, embedding = weights["fc2.weight"].shape[0], weights["embedding.first.weight"].shape[0]
    generator = torch.Generator()
    mlp = MLP((inputs - outputs,), (outputs,), landscapes, generator, width, embedding)
    mlp.load_state_dict(weights)
    return mlp


def find(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    """Return the tensor called `name`, with or without a prefix."""
    found = [key for key in tensors if key == name or key.endswith(f".{name}")]
    if not found:
        raise CheckpointError(f"no released MLP: parameter {name!r} is missing")
    return tensors[min(found, key=lambda key: (not key.startswith(PREFERRED_PREFIX), len(key)))]
