"""Numerical parity of the graph network with the released one, for one input channel and for four."""

from collections.abc import Callable

import pytest
import torch
from tests.parity.conftest import released_weights
from torch import Tensor

from ravine.energies.relation import Relation, relation_from_released
from ravine.errors import CheckpointError

pytestmark = pytest.mark.parity
Read = Callable[[str], dict[str, Tensor]]
FOLDERS = {"relation": ".", "relation4": "extra"}


def relation(network: str) -> Relation:
    return relation_from_released(released_weights(network))


@pytest.mark.parametrize("network", FOLDERS)
def test_energy_and_gradient(arrays: Read, network: str) -> None:
    v, energy = arrays(f"{FOLDERS[network]}/{network}"), relation(network)
    point = energy.energy_and_gradient(energy.condition(v["x"], v["k"]), v["y_k"])
    torch.testing.assert_close(point.energy.detach(), v["energy"], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(point.gradient.detach(), v["gradient"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("network", FOLDERS)
def test_dead_weights_are_accepted_and_left_out(network: str) -> None:
    """The second layer's nodes and triples cannot reach the output: 15,424 weights that are loaded by nobody."""
    weights = released_weights(network)
    ours = sum(parameter.numel() for parameter in relation(network).parameters())
    assert sum(tensor.numel() for tensor in weights.values()) - ours == 15_424
    live = {name: tensor for name, tensor in weights.items() if "layers.1.logic" not in name or "logic.2" in name}
    assert len(live) == len(weights) - 6
    relation_from_released({f"ema_model.model.{name}": tensor for name, tensor in live.items()})
    with pytest.raises(CheckpointError, match=r"relation network: parameter 'nlm.layers.0.logic.1.*' is missing"):
        relation_from_released({name: tensor for name, tensor in live.items() if "0.logic.1" not in name})
