"""The energy that sorts: what it knows of the values' order, units and number."""

import pytest
import torch

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.order import OrderConfig, OrderEnergy
from ravine.errors import ConfigurationError
from ravine.tasks.matrices.value_sort import ValueSort

DIFFUSION = Diffusion.log_snr(8, 0.01)


def made() -> OrderEnergy:
    return OrderConfig().build(ValueSort(9).shape, DIFFUSION, torch.Generator().manual_seed(0)).double()


def values(n: int, split: str = "same") -> torch.Tensor:
    return ValueSort(n).sample(5, torch.Generator().manual_seed(1), split, torch.float64).x


def test_no_order_of_the_values_matters() -> None:
    x = values(12)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(made().computed(x[:, order]), made().computed(x))


def test_answers_have_the_unit_of_their_values() -> None:
    torch.testing.assert_close(made().computed(1000 * values(9)), 1000 * made().computed(values(9)))


def test_sharp_comparisons_sort() -> None:
    energy, x = made(), values(20, "harder")
    energy.weights.data.fill_(0.5)
    energy.sharpness.data.fill_(3.0)
    energy.match.data.fill_(1.5)
    torch.testing.assert_close(energy.computed(x), x.sort(1).values, atol=1e-6, rtol=0)


def test_problems_of_another_form_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="needs n numbers"):
        OrderConfig().build(Shape((1, 4, 4), (4, 4)), DIFFUSION, torch.Generator())
