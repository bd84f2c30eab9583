"""What the released graph network must satisfy beside the contract and parity."""

import pytest
import torch
from torch import Tensor

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.relation import Relation, RelationConfig, extremes
from ravine.errors import ConfigurationError

DIFFUSION = Diffusion.cosine(10)


def make(inputs: int = 2) -> Relation:
    config = RelationConfig(channels=6, embedding_width=4)
    return config.build(Shape((5, 5, inputs), (5, 5)), DIFFUSION, torch.Generator().manual_seed(0)).double()


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("n", [2, 5, 9])
def test_renamed_nodes_have_one_energy_at_any_number_of_nodes(n: int) -> None:
    energy, x, y, k = make(), drawn(4, n, n, 2), drawn(4, n, n, seed=2), torch.arange(4)
    order = torch.arange(n).roll(1)
    before = energy(x, y, k)
    torch.testing.assert_close(energy(x[:, order][:, :, order], y[:, order][:, :, order], k), before)
    assert not torch.isclose(energy(x[:, order], y[:, order][:, :, order], k), before).any()


def test_equal_nodes_have_no_say_in_the_greatest_and_the_least() -> None:
    features = torch.tensor([[[[9.0, -9], [0.2, 0.4]], [[0.3, -0.5], [-9, 9]]]])
    said = extremes(features, torch.eye(2, dtype=torch.bool))
    # channels next to one another: greatest and least of the first, then of the second; 0 and 1 stand in
    assert torch.equal(said, torch.tensor([[[0.2, 0.2, 0.4, 0.4], [0.3, 0.3, 0.0, -0.5]]]))


def test_it_cannot_see_beyond_one_node_between() -> None:
    """Why it does not compute a closure: pair (0, 1) is blind to what pairs that touch neither node say."""
    energy, x, y, k = make(), drawn(4, 6, 6, 2), drawn(4, 6, 6, seed=2), torch.arange(4)

    def slope_at_one_pair(x: Tensor) -> Tensor:
        return energy.energy_and_gradient(energy.condition(x, k), y).gradient[:, 0, 1].detach()

    def moved(i: int, j: int) -> Tensor:
        other = x.clone()
        other[:, i, j] += 0.3
        return other

    assert not torch.isclose(slope_at_one_pair(moved(1, 2)), slope_at_one_pair(x), rtol=0, atol=1e-12).all()
    output = [read_out(energy, one, y, k)[:, 0, 1] for one in (x, moved(1, 2), moved(2, 3))]
    assert not torch.allclose(output[1], output[0], rtol=0, atol=1e-12)
    assert torch.equal(output[2], output[0])


def read_out(energy: Relation, x: Tensor, y: Tensor, k: Tensor) -> Tensor:
    """Return what is read out of every pair, (b, n, n)."""
    kept: list[Tensor] = []
    handle = energy.leave.register_forward_hook(lambda module, inputs, output: kept.append(output[..., 0].detach()))
    energy(x, y, k)
    handle.remove()
    return kept[0]


@pytest.mark.parametrize(("x", "y"), [((4, 5, 1), (4, 4)), ((4, 4), (4, 4)), ((4, 4, 1), (4,))])
def test_what_is_no_relation_of_pairs_is_refused(x: tuple[int, ...], y: tuple[int, ...]) -> None:
    with pytest.raises(ConfigurationError, match="relation needs problems of"):
        RelationConfig().build(Shape(x, y), DIFFUSION, torch.Generator())
