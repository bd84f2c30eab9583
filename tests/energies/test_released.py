"""Checkpoints of other people: what is read, and what is said of the rest."""

import pickle
from pathlib import Path

import pytest
import torch

from ravine import read_released
from ravine.errors import CheckpointError


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
