"""Numerical parity of the latent Sudoku network and its autoencoder with the released ones."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tests.parity.conftest import released_weights
from torch import Tensor

from ravine.energies.released import board_from_released
from ravine.tasks.sudoku.autoencoder import load

pytestmark = pytest.mark.parity
Read = Callable[[str], dict[str, Tensor]]


def assert_equal(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs.double(), rtol=1e-4, atol=1e-5)


def test_energy_and_gradient_of_the_latent_network(arrays: Read) -> None:
    """The released network holds attention that it never computes with; it is read and left out."""
    v, network = arrays("extra/latent"), board_from_released(released_weights("latent")).double()
    x, y = v["x"].double().reshape(-1, 9, 9, 9), v["y_k"].double().reshape(-1, 9, 9, 3)
    point = network.energy_and_gradient(network.condition(x, v["k"]), y)
    assert_equal(point.energy, v["energy"])
    assert_equal(point.gradient.flatten(1), v["gradient"])


def test_the_autoencoder_reads_released_weights(arrays: Read, tmp_path: Path) -> None:
    v, file = arrays("extra/autoencoder"), tmp_path / "autoencoder.pt"
    torch.save(released_weights("autoencoder"), file)
    network = load(str(file), 9).double()
    latent = network.encode(v["board"].double().reshape(-1, 9, 9, 9))
    assert_equal(latent.movedim(3, 1), v["latent"])
    assert_equal(network.decode(latent).movedim(3, 1), v["output"])
