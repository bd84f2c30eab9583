"""Faults of noising: right answers and negatives that share no noise, landscape or space; masks dropped."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ravine.batch import Batch, by_problem
from ravine.diffusion import Diffusion
from ravine.doctor.faults.planted import Method, Replacement, fault, method
from ravine.mining.context import MiningContext
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw, Losses, Objective

Noising = Callable[[MiningContext, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]
"""(context, negatives, noise) -> answers, landscapes and noise in their place."""


def noised_negatives(change: Noising) -> list[Replacement]:
    """Return the replacement by which negatives are noised otherwise: another answer, landscape or noise."""

    def forward(original: Method, self: Objective, draw: Draw, settings: MiningSettings) -> Losses:
        losses: Losses = original(self, draw, settings)
        arms, contrast = {}, losses.denoise.new_zeros(())
        for name, arm in losses.arms.items():
            negatives = arm.mined.negatives
            context = arm.context.repeat(negatives.shape[1])
            eps = draw.eps[arm.rows].repeat_interleave(negatives.shape[1], 0)
            answers, k, noise = change(context, negatives.flatten(0, 1), eps)
            points = self.diffusion.noise(answers, k, noise)
            energy = by_problem(self.energy(context.batch.x, points, context.k), negatives.shape[1])
            assert losses.energy_positive is not None  # an arm contrasts
            per_row = self.contrast(losses.energy_positive[arm.rows], energy, settings.temperature)
            contrast = contrast + per_row.sum() / len(draw.batch)
            arms[name] = replace(arm, energy_negative=energy)
        total = losses.denoise + settings.weight * contrast
        return replace(losses, total=total, contrast=contrast, arms=arms)

    return [(Objective, "forward", forward)]


@fault("D524", method(Diffusion, "draw_landscapes"))
def sharpest_landscape_alone(original: Method, self: Diffusion, *args: Any) -> Tensor:
    """Every row of a training batch is of landscape 0."""
    drawn: Tensor = original(self, *args)
    return torch.zeros_like(drawn)


@fault("D308")
def noise_not_shared() -> list[Replacement]:
    """Negatives are noised with another eps than right answers."""
    return noised_negatives(lambda context, answers, eps: (answers, context.k, eps.roll(1, 0)))


@fault("D308")
def landscape_not_shared() -> list[Replacement]:
    """Negatives are noised at the next smoother landscape."""
    return noised_negatives(
        lambda context, answers, eps: (answers, (context.k + 1).clamp(max=context.diffusion.landscapes - 1), eps)
    )


@fault("D308")
def negatives_in_another_space() -> list[Replacement]:
    """Negatives come as points of their landscape already, and are scaled a second time."""
    return noised_negatives(lambda context, answers, eps: (context.diffusion.scale(answers, context.k), context.k, eps))


@fault("D315")
def givens_noised_in_training() -> list[Replacement]:
    """Training noises given entries like any other."""
    return [(Batch, "free", lambda original, batch, noise: noise)]
