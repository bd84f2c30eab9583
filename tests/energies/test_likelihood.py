"""Energies in closed form against -sigma ln of a likelihood written as a sum over values."""

import pytest
import torch
from torch import Tensor

from ravine.energies.likelihood import (
    beliefs,
    levels_energy,
    levels_surprise,
    one_hot_energy,
    one_hot_surprise,
    reals_energy,
    signs_energy,
    signs_surprise,
)
from ravine.tasks.answers import one_hot

SIGMA = torch.tensor([0.3, 0.6, 0.95], dtype=torch.float64)
S = (1 - SIGMA**2).sqrt()


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def column(values: Tensor, like: Tensor) -> Tensor:
    return values.reshape(-1, *[1] * (like.dim() - 1))


def differences_agree(ours: Tensor, oracle: Tensor) -> None:
    """Energies are equal up to one constant per landscape."""
    off = (ours - oracle).flatten(1)
    torch.testing.assert_close(off, off[:, :1].expand_as(off))


def test_signs_are_a_mixture_of_two_normal_densities() -> None:
    y, logits = drawn(3, 5), drawn(3, 5, seed=1)
    s, sigma, q = column(S, y), column(SIGMA, y), torch.sigmoid(logits)
    plus, minus = (torch.exp(-((y - sign * s) ** 2) / (2 * sigma**2)) for sign in (1, -1))
    energy, log_odds = signs_energy(logits, y, S, SIGMA)
    differences_agree(energy, -sigma * torch.log(q * plus + (1 - q) * minus))
    evidence = q * plus + (1 - q) * minus
    torch.testing.assert_close(torch.sigmoid(log_odds), q * plus / evidence)
    torch.testing.assert_close(signs_surprise(log_odds, torch.ones_like(y)), -(q * plus / evidence).log())
    torch.testing.assert_close(signs_surprise(log_odds, -torch.ones_like(y)), -((1 - q) * minus / evidence).log())


def test_one_hot_cells_are_a_mixture_over_values() -> None:
    y, logits = drawn(3, 4, 5), drawn(3, 4, 5, seed=1)
    values = one_hot(torch.arange(5), 5).double()
    away = (y[..., None, :] - column(S, y)[..., None] * values).square().sum(-1)
    weighed = logits.softmax(-1) * torch.exp(-away / (2 * column(SIGMA, y) ** 2))
    energy, log_posterior = one_hot_energy(logits, y, S, SIGMA)
    differences_agree(energy, -SIGMA[:, None] * weighed.sum(-1).log())
    torch.testing.assert_close(log_posterior.exp(), weighed / weighed.sum(-1, keepdim=True))
    surprise = one_hot_surprise(log_posterior, values[None, :4].expand(3, -1, -1))
    torch.testing.assert_close(surprise, -log_posterior.diagonal(dim1=1, dim2=2))
    flat = one_hot_energy(torch.zeros_like(y), y, S, SIGMA)[1]
    torch.testing.assert_close(beliefs(y, S, SIGMA), flat.exp())


@pytest.mark.parametrize("spread", [None, 0.7])
def test_reals_are_normal(spread: float | None) -> None:
    y, mean = drawn(3, 5), drawn(3, 5, seed=1)
    wide = None if spread is None else torch.full_like(y, spread)
    variance = column(SIGMA, y) ** 2 + (column(S, y) * (spread or 0)) ** 2
    log_density = -((y - column(S, y) * mean) ** 2) / (2 * variance) - variance.log() / 2
    oracle = -column(SIGMA, y) * log_density
    differences_agree(reals_energy(mean, y, S, SIGMA, wide), oracle)


def test_gradients_are_the_noise_that_the_posterior_mean_leaves() -> None:
    y, logits = drawn(3, 4, 5).requires_grad_(), drawn(3, 4, 5, seed=1)
    s, sigma = column(S, y), column(SIGMA, y)
    energy, log_posterior = one_hot_energy(logits, y, S, SIGMA)
    (gradient,) = torch.autograd.grad(energy.sum(), y)
    torch.testing.assert_close(gradient, (y - s * (2 * log_posterior.exp() - 1)) / sigma)
    energy, log_odds = signs_energy(logits, y, S, SIGMA)
    (gradient,) = torch.autograd.grad(energy.sum(), y)
    torch.testing.assert_close(gradient, (y - s * torch.tanh(log_odds / 2)) / sigma)


def test_entries_on_levels_are_a_mixture_of_normal_densities_at_the_levels() -> None:
    y, levels, logits = drawn(3, 4), drawn(3, 5, seed=1), drawn(3, 4, 5, seed=2)
    off = y[..., None] - column(S, logits) * levels[:, None]
    weighed = logits.softmax(-1) * torch.exp(-(off**2) / (2 * column(SIGMA, logits) ** 2))
    energy, log_posterior = levels_energy(logits, y, levels, S, SIGMA)
    differences_agree(energy, -SIGMA[:, None] * weighed.sum(-1).log())
    torch.testing.assert_close(log_posterior.exp(), weighed / weighed.sum(-1, keepdim=True))
    near = levels[:, [3, 0, 4, 1]] + 1e-6
    surprise = levels_surprise(log_posterior, near, levels)
    torch.testing.assert_close(surprise, -log_posterior[:, torch.arange(4), torch.tensor([3, 0, 4, 1])])


def test_the_gradient_on_levels_is_the_noise_that_the_posterior_mean_leaves() -> None:
    y, levels, logits = drawn(3, 4).requires_grad_(), drawn(3, 5, seed=1), drawn(3, 4, 5, seed=2)
    energy, log_posterior = levels_energy(logits, y, levels, S, SIGMA)
    mean = (log_posterior.exp() * levels[:, None]).sum(-1)
    (gradient,) = torch.autograd.grad(energy.sum(), y)
    torch.testing.assert_close(gradient, (y - column(S, y) * mean) / column(SIGMA, y))


def test_signs_have_finite_second_derivatives_where_log_odds_are_thousands() -> None:
    """As the denoising loss asks for them at sigma = .01."""
    y = torch.tensor([[-1.0, -0.01, 0.0, 0.5, 1.0]], dtype=torch.float64, requires_grad=True)
    logits = torch.tensor([[-30.0, 2.0, 0.0, -2.0, 30.0]], dtype=torch.float64, requires_grad=True)
    sigma = torch.tensor([0.01], dtype=torch.float64)
    energy, log_odds = signs_energy(logits, y, (1 - sigma**2).sqrt(), sigma)
    (gradient,) = torch.autograd.grad(energy.sum(), y, create_graph=True)
    mean = (log_odds / 2).tanh()
    torch.testing.assert_close(gradient, (y - (1 - sigma**2).sqrt() * mean) / sigma, rtol=1e-6, atol=1e-6)
    for slope in torch.autograd.grad(gradient.square().sum(), (y, logits)):
        assert slope.isfinite().all()
