"""What the energy of walks must satisfy beside the contract, which `test_contract.py` checks on it too."""

from itertools import product

import pytest
import torch
from torch import Tensor

from ravine.batch import Batch, Shape
from ravine.denoise.score import Score
from ravine.diffusion import Diffusion
from ravine.energies.walk import WalkCondition, WalkConfig, WalkEnergy
from ravine.errors import ConfigurationError
from ravine.tasks.answers import one_hot
from ravine.tasks.plans.encoding import journeys_of
from ravine.tasks.plans.graphs import at, hops_to
from ravine.tasks.plans.task import ShortestPathConfig

DIFFUSION = Diffusion.log_snr(6, 0.4, 0.99)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def make(n: int = 10, steps: int = 8, rounds: int = 4) -> WalkEnergy:
    config = WalkConfig(channels=5, hidden=7, rounds=rounds, least_rounds=2)
    energy = config.build(Shape((n, n, 4), (steps, n)), DIFFUSION, generator()).double()
    for parameter in energy.parameters():
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator(1), dtype=torch.float64)
    return energy


def problems(n: int = 10, size: int = 4, steps: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    config = ShortestPathConfig(n=n, n_harder=n, steps=steps, distances=(2, 3))
    batch = config.build().sample(size, generator(2), dtype=torch.float64)
    y = torch.randn(batch.y.shape, generator=generator(3), dtype=torch.float64)
    return batch.x, y, torch.arange(size) % 6


def test_the_energy_is_the_likelihood_summed_over_walks() -> None:
    """Against a sum over all walks of three steps, one by one; so is the posterior of every step's node."""
    n, steps, size = 8, 3, 4
    x, y, k = problems(n, size, steps)
    energy = make(n, steps)
    condition = energy.condition(x, k)
    walks = torch.tensor(list(product(range(n), repeat=steps)))
    prior = condition.first[:, walks[:, 0]]
    for step in range(1, steps):
        prior = prior + condition.move[:, walks[:, step - 1], walks[:, step]]
    torch.testing.assert_close(prior.logsumexp(1), torch.zeros(size).double())
    s, sigma = condition.signal[:, None], condition.sigma[:, None]
    away = (y[:, None] - s[..., None, None] * one_hot(walks, n)).square().sum((2, 3))
    # |y - s v|^2 = |y|^2 + s^2 |v|^2 - 2 s y v: the energy leaves the constant s^2 |v|^2 out.
    joint = prior - (away - s.square() * steps * n) / (2 * sigma.square())
    point = energy.energy_and_gradient(condition, y)
    torch.testing.assert_close(point.energy, -condition.sigma * joint.logsumexp(1))
    mean = torch.einsum("bw,wtn->btn", joint.softmax(1), one_hot(walks, n).double())
    torch.testing.assert_close(point.gradient, (y - s[..., None] * mean) / sigma[..., None])
    right = one_hot(walks[100], n).double().expand(y.shape)
    surprise = energy.energy_and_surprise(condition, y, right)[1]
    probability = torch.einsum("bw,wt->bt", joint.softmax(1), (walks == walks[100]).double())
    torch.testing.assert_close(surprise, -probability.log())


def test_nodes_that_are_renamed_have_the_same_energy() -> None:
    x, y, k = problems()
    energy, order = make(), torch.randperm(10, generator=generator(4))
    renamed = energy(x[:, order][:, :, order], y[..., order], k)
    torch.testing.assert_close(renamed, energy(x, y, k))
    assert not torch.isclose(energy(x, y[..., order], k), energy(x, y, k)).any()


def test_steps_see_one_another() -> None:
    """Two moves exchanged have another energy, and what one step says moves the posterior of another."""
    x, y, k = problems()
    energy, swapped = make(), [0, 1, 3, 2, *range(4, 8)]
    assert not torch.isclose(energy(x, y[:, swapped], k), energy(x, y, k)).any()
    said = y.clone()
    said[:, 2] += torch.randn(said[:, 2].shape, generator=generator(5), dtype=torch.float64)
    first, second = (energy.energy_and_gradient(energy.condition(x, k), point).gradient for point in (y, said))
    assert ((first - second)[:, [1, 3]].abs().amax((1, 2)) > 1e-9).all()


def test_one_set_of_weights_fits_graphs_and_plans_of_every_size() -> None:
    energy, other = make(), make(14, 3)
    other.load_state_dict(energy.state_dict())
    x, y, k = problems(14, steps=3)
    torch.testing.assert_close(energy(x, y, k), other(x, y, k))
    whole = WalkConfig().build(Shape((10, 10, 4), (8, 10)), DIFFUSION, generator())
    assert sum(parameter.numel() for parameter in whole.parameters()) < 3000


def test_where_values_are_distances_right_plans_alone_are_likely() -> None:
    """With p(j | i) as a perfect network has it, a right plan costs less than any wrong one, and points lead to one."""
    task = ShortestPathConfig().build()
    batch = task.sample(60, generator(6), dtype=torch.float64)
    journeys = journeys_of(batch.x)
    value = -12.0 * hops_to(journeys.edges, journeys.goal, 8).double()
    may = journeys.edges | torch.eye(20, dtype=torch.bool)
    move = (value[:, None].expand(may.shape).masked_fill(~may, -torch.inf).softmax(-1) + 1e-12).log()
    ones = torch.ones(60).double()
    condition = WalkCondition(at(move, journeys.start), move, ones * DIFFUSION.signal[2], ones * DIFFUSION.sigma[2])
    energy = make(20)
    wrong = task.corrupt(batch, 0.05, generator(7))
    scale = condition.signal[:, None, None]
    assert (energy.energy(condition, scale * batch.y) < energy.energy(condition, scale * wrong)).all()
    noised = scale * wrong + 0.1 * torch.randn(wrong.shape, generator=generator(8), dtype=torch.float64)
    gradient = energy.energy_and_gradient(condition, noised).gradient
    clean = noised - condition.sigma[:, None, None] * gradient
    assert task.solved(batch, clean).double().mean() > 0.9


def test_the_score_can_be_trained_on_it() -> None:
    """Its closed-form gradient is itself differentiable in the weights, as IRED's own loss asks for."""
    x, y, k = problems()
    energy, eps = make(), torch.zeros_like(y)
    loss = Score()(energy, energy.condition(x, k), y, eps, Batch(x, y), torch.ones(4).double()).loss.sum()
    oracle = (
        super(WalkEnergy, energy).energy_and_gradient(energy.condition(x, k), y).gradient.square().mean((1, 2)).sum()
    )
    ours, theirs = (torch.autograd.grad(value, list(energy.parameters())) for value in (loss, oracle))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_rounds_carry_values_as_far_as_there_are_rounds() -> None:
    """A node that is farther from the goal than the rounds reach does not know it."""
    chain = torch.full((1, 10, 10, 4), -1.0).double()
    for node in range(9):
        chain[0, node, node + 1, [0, 2]] = 1
    chain[0, 0, :, 1] = 1
    near, far = chain.clone(), chain.clone()
    near[0, 8, :, 3], far[0, 9, :, 3] = 1, 1
    energy, k = make(), torch.zeros(1, dtype=torch.int64)
    moves = {rounds: [energy.with_rounds(rounds).condition(x, k).first for x in (near, far)] for rounds in (3, 10)}
    one, other = moves[3]
    torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
    one, other = moves[10]
    assert not torch.isclose(one, other).all()
    drawn = {energy.draw_variant(generator(seed)) for seed in range(40)}
    assert drawn == {2, 3, 4}
    assert energy.varied(2).rounds == 2


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="walk needs graphs"):
        WalkConfig().build(Shape((4, 4, 2), (8, 4)), DIFFUSION, generator())
    with pytest.raises(ValueError, match="least_rounds = 9 is more than rounds = 3"):
        WalkConfig(rounds=3, least_rounds=9)
