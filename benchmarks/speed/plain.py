"""Solving as one would first write it: gradients by autograd, every point evaluated whenever it is needed."""

from typing import Any

import torch
from torch import Tensor

from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.training.plain import column, gradient_in_y


def plain_solve(
    energy: Energy[Any], diffusion: Diffusion, x: Tensor, start: Tensor, steps: int, step_scale: float, bound: float
) -> Tensor:
    """Return the answers to problems `x` from one start, without given entries (Du et al. 2024, algorithm 2)."""
    y = answer = start
    for level in reversed(range(diffusion.landscapes)):
        k = torch.full((len(x),), level, device=x.device)
        signal, sigma = column(diffusion.signal[k], start), column(diffusion.sigma[k], start)
        y = start if level == diffusion.landscapes - 1 else answer * signal
        predicted = gradient_in_y(energy, x, y, k, second_order=False)
        y = ((y - sigma * predicted) / signal).clamp(-bound, bound) * signal
        for _ in range(steps):
            moved = y - step_scale * column(diffusion.step_size[k], y) * gradient_in_y(energy, x, y, k, False)
            moved = torch.minimum(torch.maximum(moved, -bound * signal), bound * signal)
            with torch.no_grad():
                falls = energy(x, moved, k) <= energy(x, y, k)
                y = torch.where(column(falls, y), moved, y)
        answer = (y / signal).clamp(-bound, bound)
    return answer
