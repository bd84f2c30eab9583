"""Numerical parity of relational layers with the released ones: the graph network is two of them and a square."""

from collections.abc import Callable

import pytest
import torch
from tests.parity.conftest import released_weights
from torch import Tensor, nn

from ravine.energies.landscape import LandscapeEmbedding
from ravine.energies.logic import RelationalLayer

pytestmark = pytest.mark.parity


def load(layer: nn.Linear, weights: dict[str, Tensor], name: str) -> None:
    layer.load_state_dict({kind: weights[f"{name}.{kind}"] for kind in ("weight", "bias")})


def test_two_layers_give_the_released_relation_energy(arrays: Callable[[str], dict[str, Tensor]]) -> None:
    v, weights, generator = arrays("relation"), released_weights("relation"), torch.Generator()
    embedding = LandscapeEmbedding(10, 32, generator, 512)
    load(embedding.first, weights, "time_mlp.1")
    load(embedding.second, weights, "time_mlp.3")
    layers = [
        RelationalLayer((0, 0, 34, 0), (0, 32, 32, 32), generator),
        RelationalLayer((0, 32, 32, 32), (0, 0, 32, 0), generator),
    ]
    for index, layer in enumerate(layers):
        for order, own in layer.orders.items():
            assert isinstance(own, nn.Linear)
            load(own, weights, f"nlm.layers.{index}.logic.{order}.layer.0.mlp.0")
    y = v["y_k"].requires_grad_()
    k = embedding.table()[v["k"]][:, None, None].expand(-1, 7, 7, -1)
    features: list[Tensor | None] = [None, None, torch.cat([v["x"], y[..., None], k], -1), None]
    for layer in layers:
        features = layer(features)
    pairs = features[2]
    assert pairs is not None
    energy = (pairs @ weights["fc_out.weight"].mT + weights["fc_out.bias"]).square().sum((1, 2, 3))
    torch.testing.assert_close(energy, v["energy"], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(torch.autograd.grad(energy.sum(), y)[0], v["gradient"], rtol=1e-4, atol=1e-5)
