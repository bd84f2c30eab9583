"""What every energy must satisfy."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.energies.matrix import MatrixEnergy
from ravine.energies.mlp import MLP
from ravine.energies.products import MatrixProducts

AnyEnergy = Energy[Any]
Make = Callable[[torch.Generator], AnyEnergy]
SIGNAL = Diffusion.log_snr(10, 0.01).signal
ENERGIES: dict[str, Make] = {
    "mlp": lambda g: MLP((1, 3, 3), (3, 3), 10, g, width=24, embedding_width=8),
    "products": lambda g: MatrixProducts(1, 3, 10, g, channels=5, layers=3, readout=2, embedding_width=8),
    "matrix": lambda g: MatrixEnergy(1, 3, SIGNAL, g, channels=5, layers=2, products=3, verifiers=2),
    "matrix, tied": lambda g: MatrixEnergy(1, 3, SIGNAL, g, channels=5, layers=3, products=3, tied=True, verifiers=1),
    "matrix, predicting": lambda g: MatrixEnergy(
        1, 3, SIGNAL, g, channels=5, layers=2, products=3, entrywise=2, masks=True, verifiers=0, predictors=2
    ),
    "matrix, both": lambda g: MatrixEnergy(1, 3, SIGNAL, g, channels=5, layers=2, products=3, predictors=1),
}


@pytest.fixture(params=sorted(ENERGIES))
def energy(request: pytest.FixtureRequest) -> AnyEnergy:
    made = ENERGIES[request.param](torch.Generator().manual_seed(0)).double()
    generator = torch.Generator().manual_seed(5)
    for parameter in made.parameters():  # away from any special initial weights
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return made


def points(size: int = 6) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(size, 1, 3, 3, generator=generator, dtype=torch.float64)
    y = torch.randn(size, 3, 3, generator=generator, dtype=torch.float64)
    return x, y, torch.arange(size) % 10


def test_shapes_and_composition(energy: AnyEnergy) -> None:
    x, y, k = points()
    condition = energy.condition(x, k)
    assert energy(x, y, k).shape == (6,)
    torch.testing.assert_close(energy(x, y, k), energy.energy(condition, y))


def test_the_closed_form_gradient_is_autograds(energy: AnyEnergy) -> None:
    x, y, k = points()
    condition = energy.condition(x, k)
    ours, oracle = energy.energy_and_gradient(condition, y), Energy.energy_and_gradient(energy, condition, y)
    torch.testing.assert_close(ours.energy, oracle.energy)
    torch.testing.assert_close(ours.gradient, oracle.gradient)


def test_the_gradient_agrees_with_finite_differences(energy: AnyEnergy) -> None:
    x, y, k = points()
    gradient = energy.energy_and_gradient(energy.condition(x, k), y).gradient
    direction = torch.randn(y.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    step = 1e-6
    slope = (energy(x, y + step * direction, k) - energy(x, y - step * direction, k)) / (2 * step)
    torch.testing.assert_close(slope, (gradient * direction).flatten(1).sum(1), rtol=1e-6, atol=1e-7)


def test_the_denoising_loss_has_autograds_parameter_gradients(energy: AnyEnergy) -> None:
    x, y, k = points()
    found = []
    for method in (energy.energy_and_gradient, lambda c, p: Energy.energy_and_gradient(energy, c, p)):
        energy.zero_grad()
        point = method(energy.condition(x, k), y)
        loss = point.gradient.square().mean() + point.energy.mean()
        loss.backward()  # type: ignore[no-untyped-call]
        found.append({name: p.grad.clone() for name, p in energy.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys() == dict(energy.named_parameters()).keys()
    for name, gradient in found[0].items():
        torch.testing.assert_close(gradient, found[1][name], msg=name)


def test_without_gradients_nothing_is_recorded(energy: AnyEnergy) -> None:
    x, y, k = points()
    with torch.no_grad():
        for method in (energy.energy_and_gradient, lambda c, p: Energy.energy_and_gradient(energy, c, p)):
            point = method(energy.condition(x, k), y)
            assert point.energy.grad_fn is None
            assert point.gradient.grad_fn is None


def test_rows_do_not_know_of_one_another(energy: AnyEnergy) -> None:
    x, y, k = points()
    condition = energy.condition(x, k)
    whole = energy.energy_and_gradient(condition, y)
    part = energy.energy_and_gradient(condition.rows(slice(2, 4)), y[2:4])
    torch.testing.assert_close(part.energy, whole.energy[2:4])
    torch.testing.assert_close(part.gradient, whole.gradient[2:4])
    twice = energy.energy(condition.repeat(2), y.repeat_interleave(2, 0))
    torch.testing.assert_close(twice, whole.energy.repeat_interleave(2))


def test_problem_answer_and_landscape_all_matter(energy: AnyEnergy) -> None:
    x, y, k = points()
    base = energy(x, y, k)
    for other in (energy(x + 0.1, y, k), energy(x, y + 0.1, k), energy(x, y, (k + 1) % 10)):
        assert ((other - base).abs() > 1e-9).all()


def test_initial_weights_come_from_the_generator_alone() -> None:
    for make in ENERGIES.values():
        first, again, other = (make(torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
        assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
        assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))
