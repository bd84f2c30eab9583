"""The energy that verifies linear systems: least where a right relation holds, whatever the preconditioner is."""

import pytest
import torch

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.system import SystemConfig, SystemEnergy
from ravine.errors import ConfigurationError
from ravine.tasks.matrices.equation import Equation

DIFFUSION = Diffusion.log_snr(8, 0.01)


def made(n: int = 5) -> SystemEnergy:
    energy = SystemConfig(layers=2).build(Equation(n).shape, DIFFUSION, torch.Generator().manual_seed(0))
    for parameter in energy.tower.back:
        torch.nn.init.normal_(parameter, 0, 0.1, generator=torch.Generator().manual_seed(1))
    return energy.double()


def test_with_the_right_relation_the_energy_is_least_at_the_solution() -> None:
    energy, batch = made(), Equation(5).sample(6, torch.Generator().manual_seed(0), dtype=torch.float64)
    energy.answer_terms.data = torch.tensor([0.0, 1.0]).double()  # S y
    energy.problem_terms.data = torch.tensor([-1.0, 0.0]).double()  # - b
    k = torch.arange(6)
    right = DIFFUSION.scale(batch.y, k)
    at = energy.energy_and_gradient(energy.condition(batch.x, k), right)
    assert at.energy.max() < 1e-20
    assert at.gradient.abs().max() < 1e-9
    assert (energy(batch.x, right + 0.1, k) > 1e-6).all()


def test_a_system_of_another_unit_has_the_same_energy() -> None:
    energy, batch = made(), Equation(5).sample(4, torch.Generator().manual_seed(0), dtype=torch.float64)
    k = torch.zeros(4, dtype=torch.long)
    torch.testing.assert_close(energy(1000 * batch.x, batch.y, k), energy(batch.x, batch.y, k))


def test_the_same_weights_take_any_size_and_no_other_form() -> None:
    energy, batch = made(4), Equation(9).sample(3, torch.Generator().manual_seed(0), dtype=torch.float64)
    assert energy(batch.x, batch.y, torch.zeros(3, dtype=torch.long)).shape == (3,)
    with pytest.raises(ConfigurationError, match=r"n x \(n \+ 1\)"):
        SystemConfig().build(Shape((1, 4, 4), (4, 4)), DIFFUSION, torch.Generator())
