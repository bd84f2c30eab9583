"""Annealed inference by a network that predicts the noise and has no energy: a diffusion model's sampler."""

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from ravine.batch import Batch, per_problem
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy
from ravine.solution import Trajectory

C = TypeVar("C", bound=Condition)


def sample(
    network: Energy[C],
    problems: Batch,
    start: Tensor,
    diffusion: Diffusion,
    order: Sequence[int],
    bound: float,
    renoise: float,
    fresh: Callable[[int], Tensor] | None,
) -> Trajectory:
    """Return the way from `start`, standard normal noise (b, ...), through the landscapes `order`.

    On landscape k the clean answer is predicted, y = (y_k - sigma_k eps(x, y_k, k)) / sqrt(abar_k), clipped to `bound`;
    the next one, k', begins at y_k' = sqrt(abar_k') y + sigma_k' (sqrt(1 - r^2) eps' + r z), where eps' =
    (y_k - sqrt(abar_k) y) / sigma_k is the noise that y leaves of y_k, z what `fresh` gives for the visit, standard
    normal, and r = `renoise`: 0 is DDIM, which draws nothing, 1 lets nothing but y pass. Every y_k' so has its
    landscape's noise. Given entries are held. Source: Song et al. 2021, equation 12, with sigma = r sigma_k'.
    """
    y, answers = start, list[Tensor]()
    for visit, level in enumerate(order):
        k = torch.full((len(problems),), level, device=start.device)
        y = y if problems.given is None else torch.where(problems.given, diffusion.scale(problems.y, k), y)
        eps = network.noise_and_energy(network.condition(problems.x, k), y).noise
        answer = problems.hold(diffusion.predict_clean(y, k, eps).clamp(-bound, bound))
        answers.append(answer)
        if visit + 1 < len(order):
            noise = math.sqrt(1 - renoise**2) * (y - diffusion.scale(answer, k)) / per_problem(diffusion.sigma[k], y)
            if renoise and fresh is not None:
                noise = noise + renoise * fresh(visit + 1)
            y = diffusion.noise(answer, torch.full_like(k, order[visit + 1]), noise)
    kept = start.new_full((len(order), len(problems)), torch.nan)
    return Trajectory(tuple(order), torch.stack(answers), None, kept)
