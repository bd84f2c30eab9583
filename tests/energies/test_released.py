"""Checkpoints of other people: what is read, and what is said of the rest."""

import pickle
from pathlib import Path

import pytest
import torch

from ravine import read_released
from ravine.energies.released import board_from_released, mlp_from_released
from ravine.errors import CheckpointError

SMALL_BOARD = {
    "time_mlp.1": (4, 128),
    "time_mlp.3": (4, 4),
    "conv1": (2, 7, 3, 3),
    "conv5": (3, 2, 1, 1),
    **{
        f"res{name}.{layer}": shape
        for name in ("1a", "1b", "2a", "2b", "3a", "3b")
        for layer, shape in (
            ("conv1", (2, 2, 5, 5)),
            ("conv2", (2, 2, 5, 5)),
            ("time_fc1", (4, 4)),
            ("time_fc2", (4, 4)),
        )
    },
}


def small_board(prefix: str = "", value: float = 1.0) -> dict[str, torch.Tensor]:
    """Return a released board network's tensors at small sizes, a part of the attention that it never uses included."""
    weights = {f"{prefix}{name}.weight": torch.full(shape, value) for name, shape in SMALL_BOARD.items()}
    biases = {f"{prefix}{name}.bias": torch.full(shape[:1], value) for name, shape in SMALL_BOARD.items()}
    return {**weights, **biases, f"{prefix}attn1.norm.g": torch.ones(1, 2, 1, 1)}


class Object:
    """What only a file that is executed could bring back."""


def test_the_averaged_weights_are_read_and_a_path_may_be_a_string(tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    torch.save({"ema": {"fc1.weight": torch.ones(2)}, "model": {"fc1.weight": torch.zeros(2)}}, file)
    assert read_released(str(file))["fc1.weight"].tolist() == [1, 1]


@pytest.mark.parametrize("where", ["gone.pt", "."])
def test_a_file_that_is_not_there_is_no_checkpoint_of_another_kind(tmp_path: Path, where: str) -> None:
    with pytest.raises(CheckpointError, match=r"No such file|Is a directory") as error:
        read_released(tmp_path / where)
    assert "PyTorch" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"garbage", pickle.dumps(Object(), 2)])
def test_a_file_that_could_execute_is_refused_without_advice_to_execute_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "model.pt"
    file.write_bytes(content)
    with pytest.raises(CheckpointError, match="plain tensors") as error:
        read_released(file)
    said = str(error.value)
    assert "weights_only" not in said
    assert len(said.splitlines()) == 1


def test_a_board_takes_what_it_computes_with_from_the_averaged_weights() -> None:
    board = board_from_released({**small_board("model."), **small_board("ema_model.model.", 2.0)})
    assert (board.x_channels, len(board.blocks), board.enter.weight.shape[0]) == (4, 6, 2)
    assert all((parameter == 2.0).all() for parameter in board.parameters())


def test_a_missing_layer_is_named_though_another_ones_name_ends_alike() -> None:
    tensors = small_board("model.")
    del tensors["model.conv1.weight"]
    with pytest.raises(CheckpointError, match=r"board network.*'conv1\.weight'"):
        board_from_released(tensors)
    with pytest.raises(CheckpointError, match=r"MLP.*'fc1\.weight'"):
        mlp_from_released(tensors)
