"""Weights of the released IRED code, read into our networks."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ravine.energies.board import Board
from ravine.energies.board_denoiser import BoardDenoiser, Sizes
from ravine.energies.mlp import MLP
from ravine.energies.mlp_denoiser import MLPDenoiser
from ravine.errors import CheckpointError

ATTENTIONS = ("attn1", "attn2", "attn3")
EMBEDDING_NAMES = {"time_mlp.1": "embedding.first", "time_mlp.3": "embedding.second"}
MLP_NAMES = {
    **EMBEDDING_NAMES,
    "fc1": "fc1",
    "fc2": "fc2",
    "fc3": "fc3",
    "fc4": "fc4",
    "t_map_fc2": "film2",
    "t_map_fc3": "film3",
}
BOARD_BLOCKS = ("res1a", "res1b", "res2a", "res2b", "res3a", "res3b")
BOARD_NAMES = {
    **EMBEDDING_NAMES,
    "conv1": "enter",
    **{f"{block}.conv1": f"blocks.{index}.conv1" for index, block in enumerate(BOARD_BLOCKS)},
    **{f"{block}.conv2": f"blocks.{index}.conv2" for index, block in enumerate(BOARD_BLOCKS)},
    **{f"{block}.time_fc2": f"blocks.{index}.film" for index, block in enumerate(BOARD_BLOCKS)},
    "conv5": "leave",
}
"""Released layer names and ours. What a released network holds but never computes with (a board's attention and
`time_fc1`) has no name of ours and is left out."""

HEADS = 4
"""Of a released attention; its weights do not say how many there are."""
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
    weights = renamed(tensors, MLP_NAMES, "MLP")
    inputs, outputs = weights["fc1.weight"].shape[1], weights["fc4.weight"].shape[0]
    width, embedding = weights["fc2.weight"].shape[0], weights["embedding.first.weight"].shape[0]
    mlp = MLP((inputs - outputs,), (outputs,), landscapes, torch.Generator(), width, embedding)
    mlp.load_state_dict(weights)
    return mlp


def board_from_released(tensors: Mapping[str, Tensor], landscapes: int = 10) -> Board:
    """Return the board energy with released weights, for problems and answers of (rows, columns, digits).

    A released board of 729 entries is (9, 9, 9) in the same order. Names and errors: as `mlp_from_released`.
    """
    weights = renamed(tensors, BOARD_NAMES, "board network")
    (channels, inputs), outputs = weights["enter.weight"].shape[:2], weights["leave.weight"].shape[0]
    sizes = channels, len(BOARD_BLOCKS), weights["embedding.first.weight"].shape[0]
    board = Board(inputs - outputs, outputs, landscapes, torch.Generator(), *sizes)
    board.load_state_dict(weights)
    return board


def mlp_denoiser_from_released(tensors: Mapping[str, Tensor], landscapes: int = 10) -> MLPDenoiser:
    """Return the denoiser of `mlp-reverse` with released weights. Names and errors: as `mlp_from_released`."""
    return MLPDenoiser(mlp_from_released(tensors, landscapes))


def board_denoiser_from_released(tensors: Mapping[str, Tensor], landscapes: int = 10) -> BoardDenoiser:
    """Return the denoiser of `sudoku-reverse` with released weights, for boards as of `board_from_released`.

    Released attentions have four heads. Names and errors: as `mlp_from_released`.
    """
    prefix = prefix_of(tensors, "conv1.weight")
    gains = {f"attentions.{i}.gain": tensors[f"{prefix}{name}.norm.g"] for i, name in enumerate(ATTENTIONS)}
    enter = {
        f"attentions.{i}.enter.weight": tensors[f"{prefix}{name}.to_qkv.weight"] for i, name in enumerate(ATTENTIONS)
    }
    leave = {f"{name}.to_out": f"attentions.{i}.leave" for i, name in enumerate(ATTENTIONS)}
    weights = {**renamed(tensors, {**BOARD_NAMES, **leave}, "board denoiser"), **gains, **enter}
    (channels, inputs), outputs = weights["enter.weight"].shape[:2], weights["leave.weight"].shape[0]
    width = weights["attentions.0.leave.weight"].shape[1] // HEADS
    sizes = Sizes(channels, len(BOARD_BLOCKS), weights["embedding.first.weight"].shape[0], HEADS, width)
    board = BoardDenoiser(inputs - outputs - 2, outputs, landscapes, torch.Generator(), sizes)
    board.load_state_dict(weights)
    return board


def renamed(tensors: Mapping[str, Tensor], names: Mapping[str, str], network: str) -> dict[str, Tensor]:
    """Return the weights and biases of released layers by our names."""
    whole = {f"{theirs}.{kind}": f"{ours}.{kind}" for theirs, ours in names.items() for kind in ("weight", "bias")}
    prefix = prefix_of(tensors, next(iter(whole)))
    for theirs in whole:
        if prefix + theirs not in tensors:
            raise CheckpointError(f"no released {network}: parameter {theirs!r} is missing")
    return {ours: tensors[prefix + theirs] for theirs, ours in whole.items()}


def prefix_of(tensors: Mapping[str, Tensor], name: str) -> str:
    """Return what stands before `name` in a checkpoint's names, the averaged weights' prefix if they are there."""
    prefixes = [key.removesuffix(name) for key in tensors if key == name or key.endswith(f".{name}")]
    return min(prefixes, key=lambda prefix: (not prefix.startswith(PREFERRED_PREFIX), len(prefix)), default="")
