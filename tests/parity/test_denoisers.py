"""Numerical parity of the networks that predict the noise with the released ones."""

from collections.abc import Callable

import pytest
import torch
from tests.parity.conftest import released_weights
from torch import Tensor

from ravine.energies.path_denoiser import path_denoiser_from_released
from ravine.energies.relation_denoiser import relation_denoiser_from_released
from ravine.energies.released import board_denoiser_from_released, mlp_denoiser_from_released
from ravine.errors import CheckpointError

pytestmark = pytest.mark.parity
Read = Callable[[str], dict[str, Tensor]]
UNUSED = ".time_fc1."
"""Part of the names of released weights that nothing computes with."""


def assert_equal(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours.detach().flatten(1), theirs.flatten(1), rtol=1e-4, atol=1e-5)


def test_mlp_reverse(arrays: Read) -> None:
    v, network = arrays("extra/denoisers"), mlp_denoiser_from_released(released_weights("mlp-reverse"))
    assert_equal(network.noise(network.condition(v["mlp_x"], v["k"]), v["mlp_y_k"]), v["mlp_noise"])


def test_gnn_reverse(arrays: Read) -> None:
    v, network = arrays("extra/denoisers"), relation_denoiser_from_released(released_weights("relation-reverse"))
    assert_equal(network.noise(network.condition(v["relation_x"], v["k"]), v["relation_y_k"]), v["relation_noise"])


def test_gnn_conv_1d_v2_reverse(arrays: Read) -> None:
    v, network = arrays("extra/denoisers"), path_denoiser_from_released(released_weights("path-reverse"))
    noise = network.noise(network.condition(v["path_x"], v["k"]), v["path_y_k"][..., 0])
    assert_equal(noise, v["path_noise"][..., 0])


def test_sudoku_reverse(arrays: Read) -> None:
    v, held = arrays("extra/denoisers"), released_weights("board-reverse")
    network = board_denoiser_from_released({f"ema_model.{name}": value for name, value in held.items()})
    x, y_k = (v[f"board_{name}"].reshape(-1, 9, 9, 9) for name in ("x", "y_k"))
    assert_equal(network.noise(network.condition(x, v["k"]), y_k), v["board_noise"])
    used = sum(value.numel() for name, value in held.items() if UNUSED not in name)
    assert sum(parameter.numel() for parameter in network.parameters()) == used


def test_a_missing_weight_is_named() -> None:
    held = released_weights("board-reverse")
    del held["attn2.to_out.bias"]
    with pytest.raises(CheckpointError, match=r"attn2\.to_out\.bias"):
        board_denoiser_from_released(held)
