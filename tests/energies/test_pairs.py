"""What the energy of pairs must satisfy beside the contract, which `test_contract.py` checks on it too."""

import pytest
import torch
from torch import Tensor

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.pairs import PairEnergy, PairsConfig
from ravine.errors import ConfigurationError
from ravine.tasks.graphs.task import Connectivity

DIFFUSION = Diffusion.log_snr(6, 0.4, 0.99)
SIZE, INPUTS = 6, 3
K = torch.arange(SIZE) % 6


def make(n: int = 7, rounds: int = 4, unary: bool = False) -> PairEnergy:
    generator = torch.Generator().manual_seed(0)
    shape = Shape((n, n, INPUTS), (n,) if unary else (n, n))
    energy = PairsConfig(channels=5, hidden=7, gates=3, rounds=rounds, least_rounds=2)
    made = energy.build(shape, DIFFUSION, generator).double()
    for parameter in made.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return made


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn((SIZE, *shape), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("unary", [False, True])
def test_renamed_nodes_have_one_energy(unary: bool) -> None:
    energy, x, y = make(unary=unary), drawn(7, 7, INPUTS), drawn(7, seed=2) if unary else drawn(7, 7, seed=2)
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    point = energy.energy_and_gradient(energy.condition(x, K), y)
    moved_y = y[:, order] if unary else y[:, order][:, :, order]
    moved = energy.energy_and_gradient(energy.condition(x[:, order][:, :, order], K), moved_y)
    torch.testing.assert_close(moved.energy, point.energy)
    gradient = point.gradient[:, order] if unary else point.gradient[:, order][:, :, order]
    torch.testing.assert_close(moved.gradient, gradient)
    torn = energy(x[:, order], moved_y, K)
    assert not torch.isclose(torn, point.energy).any()


def test_one_set_of_weights_fits_any_number_of_nodes() -> None:
    energy, larger = make(5), make(9)
    larger.load_state_dict(energy.state_dict())
    x, y = drawn(9, 9, INPUTS), drawn(9, 9, seed=2)
    torch.testing.assert_close(energy(x, y, K), larger(x, y, K))
    assert energy(drawn(2, 2, INPUTS), drawn(2, 2), K).isfinite().all()
    default = PairsConfig().build(Shape((12, 12, 1), (12, 12)), DIFFUSION, torch.Generator())
    assert sum(parameter.numel() for parameter in default.parameters()) < 2000


def test_with_no_knowledge_it_is_the_denoiser_of_independent_signs() -> None:
    """The gradient is the noise that the posterior mean tanh(s y / sigma^2) of even odds leaves."""
    energy, y = make(), drawn(7, 7, seed=2)
    energy.read.data.zero_()
    gradient = energy.energy_and_gradient(energy.condition(drawn(7, 7, INPUTS), K), y).gradient
    s, sigma = (table.double()[K][:, None, None] for table in (DIFFUSION.signal, DIFFUSION.sigma))
    torch.testing.assert_close(gradient, (y - s * (s * y / sigma**2).tanh()) / sigma, rtol=1e-5, atol=1e-6)


def test_the_surprise_is_that_of_the_posterior_whose_mean_the_gradient_leaves() -> None:
    """On landscapes where the network does not read the point, E's own gradient tells the posterior of every sign."""
    energy, x, y = make(), drawn(7, 7, INPUTS), drawn(7, 7, seed=2)
    energy.belief.data.zero_()
    condition = energy.condition(x, K)
    right = torch.where(drawn(7, 7, seed=3) > 0, 1.0, -1.0).double()
    value, surprise = energy.energy_and_surprise(condition, y, right)
    point = energy.energy_and_gradient(condition, y)
    torch.testing.assert_close(value, point.energy)
    s, sigma = (table.double()[K][:, None, None] for table in (DIFFUSION.signal, DIFFUSION.sigma))
    mean = (y - sigma * point.gradient) / s
    torch.testing.assert_close((-surprise).exp(), (1 + right * mean) / 2, rtol=1e-5, atol=1e-6)


def test_rounds_are_chosen_when_solving_and_share_the_weights() -> None:
    energy, x, y = make(rounds=3), drawn(7, 7, INPUTS), drawn(7, 7, seed=2)
    more = energy.with_rounds(9)
    assert (more.rounds, energy.rounds) == (9, 3)
    assert not torch.isclose(more(x, y, K), energy(x, y, K)).any()
    assert all(a is b for a, b in zip(more.parameters(), energy.parameters(), strict=True))
    generator = torch.Generator().manual_seed(0)
    drawn_rounds = {energy.varied(energy.draw_variant(generator)).rounds for _ in range(40)}
    assert drawn_rounds == {2, 3}


def test_a_round_hears_of_nodes_two_links_away() -> None:
    """After one composition a pair hears of pairs that share a node with it, after two of all others."""
    x, y = drawn(7, 7, INPUTS), drawn(7, 7, seed=2)
    for rounds, reached in ((1, {"own"}), (2, {"own", "touching"}), (3, {"own", "touching", "apart"})):
        energy = make().with_rounds(rounds)
        moved = {"own": x.clone(), "touching": x.clone(), "apart": x.clone()}
        for name, pair in (("own", (0, 1)), ("touching", (1, 2)), ("apart", (2, 3))):
            moved[name][:, pair[0], pair[1]] += 1
        before = log_odds(energy, x, y)
        heard = {
            name
            for name, other in moved.items()
            if not torch.allclose(log_odds(energy, other, y), before, atol=1e-12, rtol=0)
        }
        assert heard == reached


def log_odds(energy: PairEnergy, x: Tensor, y: Tensor) -> Tensor:
    """Return the surprise of +1 at the pair (0, 1)."""
    return energy.energy_and_surprise(energy.condition(x, K), y, torch.ones_like(y))[1][:, 0, 1]


@pytest.mark.parametrize(("x", "y"), [((4, 5, 1), (4, 4)), ((4, 4), (4, 4)), ((4, 4, 1), (5,)), ((4, 4, 1), (4, 4, 1))])
def test_what_is_no_relation_of_nodes_is_refused(x: tuple[int, ...], y: tuple[int, ...]) -> None:
    with pytest.raises(ConfigurationError, match="pairs needs problems of"):
        PairsConfig().build(Shape(x, y), DIFFUSION, torch.Generator())
    with pytest.raises(ValueError, match="least_rounds = 9 is more than rounds = 6"):
        PairsConfig(least_rounds=9)


def test_seconds_of_training_on_small_graphs_close_larger_ones() -> None:
    """Trained on 8 nodes it closes graphs of 12 from noise alone, which a rule of 2 hops hardly ever does."""
    task, generator = Connectivity(8), torch.Generator().manual_seed(0)
    energy = PairsConfig(rounds=5).build(task.shape, DIFFUSION, generator)
    optimizer = torch.optim.Adam(energy.parameters(), lr=1e-2)
    for _ in range(150):
        batch, k = task.sample(32, generator), DIFFUSION.draw_landscapes(32, generator)
        y_k = DIFFUSION.noise(batch.y, k, torch.randn(batch.y.shape, generator=generator))
        drawn_rounds = energy.varied(energy.draw_variant(generator))
        loss = drawn_rounds.energy_and_surprise(drawn_rounds.condition(batch.x, k), y_k, batch.y)[1].mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    larger = task.sample(200, generator, "harder")
    smoothest = torch.full((200,), DIFFUSION.landscapes - 1)
    noise = torch.randn(larger.y.shape, generator=generator)
    gradient = energy.energy_and_gradient(energy.condition(larger.x, smoothest), noise).gradient.detach()
    answer = DIFFUSION.predict_clean(noise, smoothest, gradient)
    rule = task.baselines()["2 hops"].fit(iter(()))(larger.problems())
    assert float(task.solved(larger, rule).float().mean()) < 0.2
    assert float(task.solved(larger, answer).float().mean()) > 0.6
