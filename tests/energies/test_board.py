"""IRED's energy for boards: its initial weights, what a block computes, and which tasks it fits."""

import pytest
import torch
from torch import nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.board import FLAT, Board, BoardConfig
from ravine.errors import ConfigurationError

DIFFUSION = Diffusion.cosine(4)
SMALL = BoardConfig(channels=24, blocks=2, embedding_width=8)


def made(x: tuple[int, ...] = (5, 5, 4), y: tuple[int, ...] = (5, 5, 3), sizes: BoardConfig = SMALL) -> Board:
    return sizes.build(Shape(x, y), DIFFUSION, torch.Generator().manual_seed(0))


def test_initial_weights_follow_pytorchs_law_but_for_the_second_convolutions() -> None:
    for name, parameter in made().named_parameters():
        layer = name.removesuffix(".weight").removesuffix(".bias")
        weight = made().get_parameter(f"{layer}.weight")
        bound = weight[0].numel() ** -0.5
        if name.endswith("conv2.weight"):
            assert parameter.std().item() == pytest.approx(FLAT, rel=0.05), name
        else:
            assert 0.6 * bound < parameter.abs().max().item() <= bound, name


def test_the_energy_is_what_its_formula_says() -> None:
    board, generator = made().double(), torch.Generator().manual_seed(1)
    for block in board.blocks:
        block.get_parameter("conv2.weight").data.normal_(std=0.1, generator=generator)
    x, y = (torch.randn(3, 5, 5, c, generator=generator, dtype=torch.float64) for c in (4, 3))
    k = torch.tensor([0, 3, 1])
    h = nn.functional.silu(board.enter(torch.cat([x, y], 3).permute(0, 3, 1, 2)))
    for block in board.blocks:
        gain, bias = block.get_submodule("film")(board.embedding.table()[k])[:, :, None, None].chunk(2, 1)
        inner = block.get_submodule("conv2")(nn.functional.silu(block.get_submodule("conv1")(h)))
        h = h + nn.functional.silu((1 + gain) * inner + bias)
    torch.testing.assert_close(board(x, y, k), board.leave(h).square().sum((1, 2, 3)))


def test_the_released_sizes_are_the_default() -> None:
    wide = BoardConfig()
    assert (wide.channels, wide.blocks, wide.embedding_width) == (384, 6, 64)
    board, shared = made((9, 9, 9), (9, 9, 9), BoardConfig(channels=8)), 64 * 128 + 64 + 64 * 64 + 64
    count = sum(parameter.numel() for parameter in board.parameters())
    assert count == shared + 8 * 18 * 9 + 8 + 6 * (2 * (8 * 8 * 25 + 8) + 16 * 65) + 9 * 9


@pytest.mark.parametrize(("x", "y"), [((1, 4, 4), (4, 4)), ((4, 4, 4), (5, 4, 4)), ((4,), (4,))])
def test_problems_and_answers_lie_on_one_grid(x: tuple[int, ...], y: tuple[int, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r"energy\.name: board needs"):
        made(x, y)
