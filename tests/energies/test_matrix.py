"""The energy that verifies: where its minimum lies, what it costs to begin with, and what its layers compute."""

import pytest
import torch

from ravine.denoise.score import noise_error
from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.matrix import MatrixConfig, MatrixEnergy, spectral_norm
from ravine.energies.tower import Tower
from ravine.solver import Solver
from ravine.tasks.matrices.addition import Addition
from ravine.tasks.matrices.base import MatrixTask
from ravine.tasks.matrices.inverse import Inverse

DIFFUSION = Diffusion.log_snr(8, 0.01)


def told_the_inverse(n: int) -> MatrixEnergy:
    """Return an energy with random preconditioners whose relation is A Y - I."""
    energy = MatrixEnergy(1, n, DIFFUSION.signal, torch.Generator().manual_seed(0), MatrixConfig(layers=2)).double()
    assert energy.verify is not None
    energy.get_buffer("scale").fill_(1.0)
    energy.verify.answer_terms.data = torch.tensor([[0.0, 1.0], [0.0, 0.0]]).double()
    energy.verify.problem_terms.data = torch.tensor([[0.0, 0.0], [0.0, -1.0]]).double()
    return energy


@pytest.mark.parametrize("k", [0, 4, 7])
def test_the_relation_places_the_minimum_whatever_the_preconditioners(k: int) -> None:
    n, energy = 5, told_the_inverse(5)
    batch = Inverse(n).sample(6, torch.Generator().manual_seed(1), "harder", torch.float64)
    level = torch.full((6,), k)
    point = DIFFUSION.to("cpu", torch.float64).scale(batch.y, level)
    found = energy.energy_and_gradient(energy.condition(batch.x, level), point)
    nearby = energy(batch.x, point + 0.01, level)
    assert (found.energy < 1e-9 * nearby).all()
    assert (found.gradient.abs() < 1e-5).all()


@pytest.mark.parametrize("n", [5, 10, 20, 30, 50])
@pytest.mark.parametrize("seed", range(4))
def test_the_first_loss_is_near_one_at_any_size(n: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    energy = MatrixEnergy(1, n, DIFFUSION.signal, generator, MatrixConfig())
    batch = Inverse(n).sample(64, generator)
    k = DIFFUSION.draw_landscapes(64, generator)
    eps = torch.randn(batch.y.shape, generator=generator)
    with torch.no_grad():
        found = energy.energy_and_gradient(energy.condition(batch.x, k), DIFFUSION.noise(batch.y, k, eps))
    assert 0.5 < noise_error(found.gradient, eps, batch).mean() < 3


@pytest.mark.parametrize("task", [Inverse(3), Addition(3)])
def test_seconds_of_training_solve_what_was_never_seen(task: MatrixTask) -> None:
    generator = torch.Generator().manual_seed(1)
    energy = MatrixEnergy(task.inputs, 3, DIFFUSION.signal, generator, MatrixConfig(layers=5))
    adam = torch.optim.Adam(energy.parameters(), lr=2e-2, betas=(0.9, 0.99))
    for step in range(400):
        adam.param_groups[0]["lr"] = 2e-2 * min(1.0, (step + 1) / 100) * (1 - step / 400)
        batch = task.sample(32, generator)
        k = DIFFUSION.draw_landscapes(32, generator)
        eps = torch.randn(batch.y.shape, generator=generator)
        found = energy.energy_and_gradient(energy.condition(batch.x, k), DIFFUSION.noise(batch.y, k, eps))
        loss = noise_error(found.gradient, eps, batch).mean()
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
    unseen = task.sample(200, generator)
    starts = torch.randn((1, *unseen.y.shape), generator=generator)
    answers = Solver(DIFFUSION, Descent(20), task.solve_bound).solve(energy, unseen, starts).answer
    assert (answers - unseen.y).square().mean() < 1e-2 * unseen.y.square().mean()


@pytest.mark.parametrize("n", [1, 3, 20])
def test_the_spectral_norm_is_bounded_from_both_sides(n: int) -> None:
    generator = torch.Generator().manual_seed(0)
    matrices = torch.randn(5, 2, n, n, generator=generator, dtype=torch.float64) * 1e3
    matrices[0] = torch.eye(n)
    greatest = torch.linalg.svdvals(matrices)[:, :, 0]
    ratio = spectral_norm(matrices) / greatest
    assert (ratio > 1 - 1e-9).all()
    assert (ratio < n ** (1 / 16) + 1e-9).all()
    nothing = torch.zeros(1, 1, n, n, requires_grad=True)
    norm = spectral_norm(nothing)
    (slope,) = torch.autograd.grad(norm.sum(), nothing)
    assert 0 < float(norm.detach()) < 1e-15
    assert (slope == 0).all()


def test_a_layer_is_what_its_formula_says() -> None:
    generator = torch.Generator().manual_seed(0)
    tower = Tower(2, generator, channels=3, layers=2, products=2, entrywise=1)
    for back in tower.back:
        back.data.normal_(generator=generator)
    inputs = torch.randn(2, 4, 5, 5, generator=generator)
    z = torch.einsum("dc,cbnm->dbnm", tower.enter, inputs)
    for factors, back in zip(tower.factors, tower.back, strict=True):
        p, q = torch.einsum("dc,cbnm->dbnm", factors, z).chunk(2)
        z = z + torch.einsum("dc,cbnm->dbnm", back, torch.stack([p[0] @ q[0], p[1] * q[1]]))
    torch.testing.assert_close(tower(inputs), z)


def test_tied_layers_share_one_set_of_weights() -> None:
    generator = torch.Generator().manual_seed(0)
    tied, free = (Tower(2, generator, channels=16, layers=5, products=8, tied=tied) for tied in (True, False))
    assert (len(tied.factors), len(free.factors)) == (1, 5)
    assert (tied.layers, free.layers) == (5, 5)
