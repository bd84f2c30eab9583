"""Heads: each is its formula on the same output, and `norm` is what the networks always were."""

from typing import Any

import pytest
import torch
from tests.testing.registered import energy_config

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import squared_norm
from ravine.energies.head import energy_of, slope_of

GRID = Shape((4, 4, 4), (4, 4, 3))
LAST = {"mlp": "fc4", "board": "leave"}


def made(name: str, **options: Any) -> Any:
    return energy_config(name, **options).build(GRID, Diffusion.cosine(4), torch.Generator().manual_seed(0))


def test_each_is_its_formula() -> None:
    output = torch.arange(12.0).reshape(2, 3, 2)
    assert torch.equal(energy_of("norm", output), squared_norm(output))
    assert torch.equal(energy_of("mean", output), torch.tensor([55 / 6, (506 - 55) / 6]))
    assert torch.equal(energy_of("scalar", output), torch.tensor([15.0, 51.0]))
    point = output.double().requires_grad_()
    for head in ("norm", "mean", "scalar"):
        (slope,) = torch.autograd.grad(energy_of(head, point).sum(), point)
        torch.testing.assert_close(slope_of(head, point.detach()), slope)


@pytest.mark.parametrize("name", LAST)
def test_the_default_is_the_released_head_bitwise_and_others_share_all_weights_before_it(name: str) -> None:
    plain = made(name)
    assert plain.head == "norm"
    for head in ("norm", "mean", "scalar"):
        for key, value in made(name, head=head).state_dict().items():
            after = key.startswith((LAST[name], "film"))  # the MLP draws its films after its head
            assert (head == "scalar" and after) or torch.equal(value, plain.state_dict()[key]), (head, key)


@pytest.mark.parametrize("name", LAST)
def test_the_mean_is_the_norm_over_the_answers_entries(name: str) -> None:
    generator = torch.Generator().manual_seed(1)
    x, y = (torch.randn((2, *shape), generator=generator) for shape in (GRID.x, GRID.y))
    k = torch.tensor([0, 3])
    norm, mean = (made(name, head=head)(x, y, k) for head in ("norm", "mean"))
    assert torch.equal(mean, norm / y[0].numel())


@pytest.mark.parametrize("name", LAST)
def test_a_scalar_may_be_negative_and_has_no_constant_of_its_own(name: str) -> None:
    energy, generator = made(name, head="scalar"), torch.Generator().manual_seed(1)
    x, y = (torch.randn((64, *shape), generator=generator) for shape in (GRID.x, GRID.y))
    k = torch.arange(64) % 4
    energy.get_submodule(LAST[name]).weight.data.normal_(generator=generator)
    values = energy(x, y, k)
    assert (values < 0).any()
    assert (values > 0).any()
    assert f"{LAST[name]}.bias" not in energy.state_dict()
