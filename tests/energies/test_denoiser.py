"""Networks that predict the noise and have no energy: what they refuse, what their kit catches, and the board's own."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy, EnergyAndGradient, Prediction
from ravine.energies.board_denoiser import Attention, BoardDenoiser, Sizes, places
from ravine.energies.mlp import MLP, MLPCondition
from ravine.energies.mlp_denoiser import MLPDenoiser
from ravine.errors import ConfigurationError
from ravine.testing import check_energy

SHAPE = Shape((3, 3), (3, 3))
SIZES = Sizes(channels=6, blocks=4, embedding_width=8, heads=2, head_width=5)


class Plain(MLPDenoiser):
    """The MLP denoiser at a small size, from which faults are made."""

    def __init__(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> None:
        super().__init__(MLP(shape.x, shape.y, diffusion.landscapes, generator, width=12, embedding_width=8))


class Pretending(Plain):
    """It makes up an energy."""

    def noise_and_energy(self, condition: MLPCondition, y: Tensor) -> Prediction:
        noise = self.noise(condition, y)
        return Prediction(noise, noise.flatten(1).square().sum(1))


class Obliging(Plain):
    """Asked for an energy it gives the norm of the noise."""

    def energy_and_gradient(self, condition: MLPCondition, y: Tensor) -> EnergyAndGradient:
        noise = self.noise(condition, y)
        return EnergyAndGradient(noise.flatten(1).square().sum(1), noise)


class Flat(Plain):
    def noise(self, condition: MLPCondition, y: Tensor) -> Tensor:
        return super().noise(condition, y).flatten(1)


class Centred(Plain):
    def noise(self, condition: MLPCondition, y: Tensor) -> Tensor:
        noise = super().noise(condition, y)
        return noise - noise.mean(0)


class Timeless(Plain):
    def condition(self, x: Tensor, k: Tensor) -> MLPCondition:
        return super().condition(x, torch.zeros_like(k))


class Detached(Plain):
    def noise(self, condition: MLPCondition, y: Tensor) -> Tensor:
        return super().noise(condition.detach(), y)


class Moving(Plain):
    def noise(self, condition: MLPCondition, y: Tensor) -> Tensor:
        y.data.mul_(1 + 1e-9)
        return super().noise(condition, y)


FAULTS: dict[Callable[..., Energy[Any]], str] = {
    Pretending: "an energy is predicted",
    Obliging: "an energy is given",
    Flat: "not shaped as the point|type",
    Centred: "depend on the batch",
    Timeless: "another landscape",
    Detached: "has no gradient|does not require grad",
    Moving: "changed problems, points or weights|two predictions",
}


def test_a_sound_denoiser_conforms() -> None:
    check_energy(Plain, SHAPE, stacked=True)


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_every_fault_of_a_denoiser_is_caught(kind: Callable[..., Energy[Any]]) -> None:
    with pytest.raises((AssertionError, RuntimeError), match=FAULTS[kind]):
        check_energy(kind, SHAPE)


def test_it_is_told_why_there_is_no_energy() -> None:
    network = Plain(SHAPE, Diffusion.cosine(4), torch.Generator().manual_seed(0))
    x, k = torch.ones(2, 3, 3), torch.tensor([0, 3])
    for ask in (network.energy, network.energy_and_gradient):
        with pytest.raises(ConfigurationError, match="predicts the noise and has no energy"):
            ask(network.condition(x, k), x)
    with pytest.raises(ConfigurationError, match="has no energy"):
        network(x, x, k)


def board(generator: torch.Generator, sizes: Sizes = SIZES) -> BoardDenoiser:
    return BoardDenoiser(3, 2, 10, generator, sizes)


def test_a_board_denoiser_knows_where_cells_lie() -> None:
    """Where all cells hold the same, `board` could tell cells apart by the padding alone: here also in the middle."""
    network = board(torch.Generator().manual_seed(0)).double()
    x, y = torch.ones(1, 40, 40, 3).double(), torch.ones(1, 40, 40, 2).double()
    noise = network.noise(network.condition(x, torch.tensor([3])), y)[0]
    middle = noise[18:22, 18:22].flatten(0, 1)
    assert (middle[1:] - middle[:-1]).abs().amax(1).min() > 1e-12
    across, down = places(x)[0]
    assert torch.equal(across[0], torch.linspace(0, 1, 40, dtype=torch.float64))
    assert torch.equal(across.T, down)


def test_cells_of_a_board_denoiser_attend_to_all_others() -> None:
    """Two blocks of two 5 x 5 convolutions reach 9 cells far; attention reaches the other end of a board of 30."""
    network, k = board(torch.Generator().manual_seed(0)).double(), torch.tensor([3])
    x, y = torch.zeros(1, 30, 30, 3).double(), torch.zeros(1, 30, 30, 2).double().requires_grad_()
    noise = network.noise(network.condition(x, k), y)
    (reach,) = torch.autograd.grad(noise[0, 0, 0].sum(), y)
    assert reach.abs().amax(3).min() > 0


def test_attention_is_softmax_over_cells_head_by_head() -> None:
    attention = Attention(SIZES, torch.Generator().manual_seed(0)).double()
    h = torch.randn(2, 6, 3, 4, generator=torch.Generator().manual_seed(1)).double()
    normed = h / h.square().sum(1, keepdim=True).sqrt() * 6**0.5
    q, key, value = (attention.enter.weight[part : part + 10, :, 0, 0] for part in (0, 10, 20))
    cells = normed.flatten(2)
    heads = []
    for head in (slice(0, 5), slice(5, 10)):
        scores = torch.einsum("bcn,bcm->bnm", q[head] @ cells, key[head] @ cells) / 5**0.5
        heads.append(torch.einsum("bnm,bcm->bcn", scores.softmax(2), value[head] @ cells))
    weight, bias = dict(attention.leave.named_parameters()).values()
    mixed = weight[:, :, 0, 0] @ torch.cat(heads, 1) + bias[:, None]
    torch.testing.assert_close(attention(h), mixed.reshape(h.shape))
