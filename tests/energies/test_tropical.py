"""The energy of shortest paths: what it knows of nodes, units and sizes; with the right weights it is exact."""

import torch

from ravine.diffusion import Diffusion
from ravine.energies.tropical import TropicalConfig, TropicalEnergy, min_plus
from ravine.tasks.matrices.distances import Distances

DIFFUSION = Diffusion.log_snr(8, 0.01)


def made(channels: int = 4, rounds: int = 3) -> TropicalEnergy:
    config = TropicalConfig(channels=channels, rounds=rounds)
    return config.build(Distances(6).shape, DIFFUSION, torch.Generator().manual_seed(0)).double()


def edges(n: int) -> torch.Tensor:
    return Distances(n).sample(5, torch.Generator().manual_seed(1), "harder", torch.float64).x


def test_min_plus_is_a_loop() -> None:
    left, right = edges(4).movedim(1, 0), edges(4).movedim(1, 0).roll(1, 1)
    ours = min_plus(left, right)
    for i in range(4):
        for j in range(4):
            best = torch.stack([left[..., i, k] + right[..., k, j] for k in range(4)]).amin(0)
            assert torch.equal(ours[..., i, j], best)


def test_renamed_nodes_rename_the_answer() -> None:
    energy, x = made(), edges(7)
    order = torch.randperm(7, generator=torch.Generator().manual_seed(2))
    renamed = energy.computed(x[:, :, order][:, :, :, order])
    torch.testing.assert_close(renamed, energy.computed(x)[:, order][:, :, order])


def test_answers_have_the_unit_of_their_edges() -> None:
    energy, x = made(), edges(7)
    torch.testing.assert_close(energy.computed(1000 * x), 1000 * energy.computed(x))


def test_with_weights_of_one_rounds_double_the_edges_of_paths() -> None:
    energy, task = made(channels=1, rounds=4), Distances(15)
    batch = task.sample(5, torch.Generator().manual_seed(1), "harder", torch.float64)
    for weight in energy.parameters():
        weight.data.fill_(1.0)
    torch.testing.assert_close(energy.computed(batch.x), batch.y)
    assert (energy.with_rounds(1).computed(batch.x) > batch.y + 1e-6).any()
    assert len(list(energy.with_rounds(1).parameters())) == len(list(energy.parameters()))


def test_the_gradient_is_the_noise_where_the_answer_is_right() -> None:
    energy, task = made(channels=1, rounds=4), Distances(6)
    batch = task.sample(8, torch.Generator().manual_seed(1), dtype=torch.float64)
    for weight in energy.parameters():
        weight.data.fill_(1.0)
    k = torch.arange(8)
    eps = torch.randn(batch.y.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    point = energy.energy_and_gradient(energy.condition(batch.x, k), DIFFUSION.noise(batch.y, k, eps))
    torch.testing.assert_close(point.gradient, eps, atol=5e-4, rtol=0)  # the schedule is held in float32
