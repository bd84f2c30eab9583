"""The energy that verifies linear systems: least where a right relation holds, whatever the preconditioner is."""

import pytest
import torch

from ravine.batch import Batch, Shape
from ravine.diffusion import Diffusion
from ravine.energies.system import SystemConfig, SystemEnergy
from ravine.errors import ConfigurationError
from ravine.tasks.matrices.equation import Equation

DIFFUSION = Diffusion.log_snr(8, 0.01)


def made(n: int = 5, rounds: int = 4) -> SystemEnergy:
    return SystemConfig(rounds=rounds).build(Equation(n).shape, DIFFUSION, torch.Generator().manual_seed(0)).double()


def systems(n: int) -> Batch:
    return Equation(n).sample(6, torch.Generator().manual_seed(0), dtype=torch.float64)


def told(energy: SystemEnergy) -> SystemEnergy:
    """Return the energy with the relation S y - b."""
    energy.answer_terms.data = torch.tensor([0.0, 1.0]).double()
    energy.problem_terms.data = torch.tensor([-1.0, 0.0]).double()
    return energy


@pytest.mark.parametrize("rounds", [1, 4])
def test_with_the_right_relation_the_energy_is_least_at_the_solution(rounds: int) -> None:
    energy, batch = told(made(rounds=rounds)), systems(5)
    k = torch.arange(6)
    right = DIFFUSION.scale(batch.y, k)
    at = energy.energy_and_gradient(energy.condition(batch.x, k), right)
    assert at.energy.max() < 1e-20
    assert at.gradient.abs().max() < 1e-9
    assert (energy(batch.x, right + 0.1, k) > 1e-6).all()


def test_rounds_of_newton_precondition_to_the_identity() -> None:
    energy, batch = told(made(rounds=40)), systems(5)
    energy.start.data = torch.tensor([1.0, 0.0]).double()
    energy.round.data = torch.tensor([2.0, -1.0]).double()
    left = energy.condition(batch.x, torch.zeros(6, dtype=torch.long)).left
    torch.testing.assert_close(left, torch.eye(5, dtype=torch.float64).expand_as(left))
    few = energy.with_rounds(1).condition(batch.x, torch.zeros(6, dtype=torch.long)).left
    assert (few - torch.eye(5)).abs().max() > 0.1


def test_a_system_of_another_unit_has_the_same_energy() -> None:
    energy, batch = made(), systems(5)
    k = torch.zeros(6, dtype=torch.long)
    torch.testing.assert_close(energy(1000 * batch.x, batch.y, k), energy(batch.x, batch.y, k))


def test_the_same_weights_take_any_size_and_no_other_form() -> None:
    energy, batch = made(4), systems(9)
    assert energy(batch.x, batch.y, torch.zeros(6, dtype=torch.long)).shape == (6,)
    with pytest.raises(ConfigurationError, match=r"n x \(n \+ 1\)"):
        SystemConfig().build(Shape((1, 4, 4), (4, 4)), DIFFUSION, torch.Generator())
