"""One training step, textbook-simple: the oracle of tests and the yardstick of benchmarks.

Everything is written the slow, obvious way in float32: gradients by autograd, problems one by one, every point evaluated
whenever it is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ravine.diffusion import Diffusion
from ravine.energies.base import Energy


@dataclass(frozen=True)
class PlainProblem:
    """One problem of a step: x, y, landscape, noise, and the proposal for its negative, or None."""

    x: Tensor
    y: Tensor
    k: int
    eps: Tensor
    proposal: Tensor | None


def energy_of(energy: Energy[Any], x: Tensor, y: Tensor, k: int) -> Tensor:
    """Return E(x, y, k) of one problem, a scalar."""
    value: Tensor = energy(x[None], y[None], torch.tensor([k]))[0]
    return value


def gradient_of(energy: Energy[Any], x: Tensor, y: Tensor, k: int, second_order: bool = False) -> Tensor:
    """Return the gradient in y of one problem's energy, by autograd."""
    point = y.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(energy_of(energy, x, point, k), point, create_graph=second_order)
    return gradient


def mined(energy: Energy[Any], diffusion: Diffusion, problem: PlainProblem, steps: int, bound: float) -> Tensor:
    """Return the problem's negative: its proposal after `steps` descent steps, in answer space."""
    assert problem.proposal is not None
    signal, eta = diffusion.signal[problem.k], diffusion.step_size[problem.k]
    y = problem.proposal * signal
    for _ in range(steps):
        candidate = y - eta * gradient_of(energy, problem.x, y, problem.k)
        candidate = candidate.clamp(-bound * signal, bound * signal)
        with torch.no_grad():
            if energy_of(energy, problem.x, candidate, problem.k) <= energy_of(energy, problem.x, y, problem.k):
                y = candidate
    return (y / signal).clamp(-bound, bound)


def plain_loss(
    energy: Energy[Any],
    diffusion: Diffusion,
    problems: Sequence[PlainProblem],
    steps: int,
    bound: float,
    weight: float,
    temperature: float,
) -> Tensor:
    """Return the mean over problems of |grad E(x, y_k, k) - eps|^2 (mean over entries) + weight * contrast."""
    total = torch.zeros(())
    for problem in problems:
        signal, sigma = diffusion.signal[problem.k], diffusion.sigma[problem.k]
        y_k = signal * problem.y + sigma * problem.eps
        prediction = gradient_of(energy, problem.x, y_k, problem.k, second_order=True)
        loss = (prediction - problem.eps).square().mean()
        if problem.proposal is not None:
            negative = mined(energy, diffusion, problem, steps, bound)
            positive_energy = energy_of(energy, problem.x, y_k, problem.k)
            negative_energy = energy_of(energy, problem.x, signal * negative + sigma * problem.eps, problem.k)
            loss = loss + weight * torch.nn.functional.softplus((positive_energy - negative_energy) / temperature)
        total = total + loss
    return total / len(problems)


def plain_step(
    energy: Energy[Any], optimizer: torch.optim.Optimizer, loss: Tensor, clip: float, learning_rate: float
) -> None:
    """Take one optimiser step on `loss` with gradients clipped to a norm of `clip`."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(energy.parameters(), clip)
    optimizer.step()
