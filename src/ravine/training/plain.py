"""One training step, textbook-simple: the oracle of tests and the yardstick of benchmarks.

Written the obvious way in float32: gradients by autograd, nothing cached, every point evaluated whenever it is needed.
It shares with the real step only the energy's `forward` and the schedule's tables.
"""

from typing import Any

import torch
from torch import Tensor

from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.objective import Draw


def column(values: Tensor, like: Tensor) -> Tensor:
    """Return one value a problem so shaped that it multiplies `like`."""
    return values.view(-1, *[1] * (like.dim() - 1))


def gradient_in_y(energy: Energy[Any], x: Tensor, y: Tensor, k: Tensor, second_order: bool) -> Tensor:
    """Return the energy's gradient in y, by autograd."""
    point = y.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(energy(x, point, k).sum(), point, create_graph=second_order)
    return gradient


def plain_negatives(
    energy: Energy[Any], diffusion: Diffusion, x: Tensor, k: Tensor, proposals: Tensor, steps: int, bound: float
) -> Tensor:
    """Return the proposals after `steps` descent steps at their own landscapes, in answer space."""
    signal = column(diffusion.alpha_bar[k].sqrt(), proposals)
    eta = column(diffusion.step_size[k], proposals)
    y = proposals * signal
    for _ in range(steps):
        candidate = y - eta * gradient_in_y(energy, x, y, k, second_order=False)
        candidate = torch.minimum(torch.maximum(candidate, -bound * signal), bound * signal)
        with torch.no_grad():
            falls = energy(x, candidate, k) <= energy(x, y, k)
            y = torch.where(column(falls, y), candidate, y)
    return (y / signal).clamp(-bound, bound)


def plain_loss(
    energy: Energy[Any],
    diffusion: Diffusion,
    draw: Draw,
    steps: int,
    bound: float,
    weight: float,
    temperature: float,
) -> Tensor:
    """Return the mean of |grad E - eps|^2 plus the weighted contrast; at most one arm, on the whole batch."""
    x, y, k, eps = draw.batch.x, draw.batch.y, draw.k, draw.eps
    signal = column(diffusion.alpha_bar[k].sqrt(), y)
    sigma = column((1 - diffusion.alpha_bar[k]).sqrt(), y)
    y_k = signal * y + sigma * eps
    loss = (gradient_in_y(energy, x, y_k, k, second_order=True) - eps).square().mean()
    for arm in draw.arms:
        negative = plain_negatives(energy, diffusion, x, k, arm.proposals[:, 0], steps, bound)
        gap = energy(x, y_k, k) - energy(x, signal * negative + sigma * eps, k)
        loss = loss + weight * torch.nn.functional.softplus(gap / temperature).mean()
    return loss


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
