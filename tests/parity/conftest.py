"""The reference vectors: numbers that the released code computed, and the weights it computed them with."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from ravine.energies.board import Board
from ravine.energies.mlp import MLP
from ravine.energies.released import board_from_released, mlp_from_released

Arrays = dict[str, NDArray[np.generic]]
FOLDER = Path(os.environ.get("RAVINE_REFERENCE", Path(__file__).parents[1] / "reference"))


def released_weights(network: str) -> dict[str, Tensor]:
    """Return the weights of a released network, drawn by the rule that the reference's README states."""
    known = [json.loads((FOLDER / place / "parameters.json").read_text(encoding="utf-8")) for place in ("", "extra")]
    parameters = next(each for each in known if network in each)
    weights = {}
    for name, shape in parameters[network].items():
        digest = hashlib.sha256(f"{parameters['seed']}:param/{name}".encode()).digest()
        values = np.random.default_rng(int.from_bytes(digest[:8], "little")).standard_normal(shape)
        scale = 1 / np.sqrt(np.prod(shape[1:])) if len(shape) > 1 else 0.1
        weights[name] = torch.from_numpy((values * scale).astype(np.float32))
    return weights


@pytest.fixture(scope="session")
def arrays() -> Callable[[str], dict[str, Tensor]]:
    """Return the function that reads one file of reference vectors as tensors."""

    def read(name: str) -> dict[str, Tensor]:
        with np.load(FOLDER / f"{name}.npz") as file:
            return {key: torch.from_numpy(file[key]) for key in file.files}

    return read


@pytest.fixture
def mlp() -> MLP:
    """Return the released MLP of the reference, 4 x 4 matrices."""
    return mlp_from_released(released_weights("mlp"))


@pytest.fixture(scope="module")
def board() -> Board:
    """Return the released Sudoku network of the reference, 45 million weights: made once, in float64."""
    return board_from_released(released_weights("board")).double().requires_grad_(False)
