"""A refinement that draws noise: one Langevin step."""

from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import per_problem
from ravine.descent import projection
from ravine.mining.context import MiningContext
from ravine.mining.refine.base import Refine, Refined
from ravine.section import NotNegative


class NoisyStep(Refine):
    """y - eta grad E + `noise` sqrt(2 eta) z, z standard normal, where the energy does not rise by it."""

    kind: Literal["noisy-step"] = "noisy-step"
    noise: NotNegative = 0.1
    """Multiplies the noise; 0: a step of descent."""

    def draw(self, context: MiningContext, candidates: int, generator: torch.Generator) -> Tensor:
        """Return z of every candidate, (b, m, ...)."""
        return context.standard_normal(candidates, generator)

    def run(
        self, condition: Any, context: MiningContext, proposals: Float[Tensor, "b *answer"], noise: Tensor | None = None
    ) -> Refined:
        """Return the proposals after the step, given entries held and all others inside the bound."""
        assert noise is not None  # as `draw` returned it
        diffusion, k, batch = context.diffusion, context.k, context.batch
        start = diffusion.scale(proposals, k)
        before = context.energy.energy_and_gradient(condition, start)
        eta = per_problem(diffusion.step_size[k], start)
        project = projection(diffusion, k, context.bound, batch.given, batch.y)
        moved = project(start - eta * before.gradient + self.noise * (2 * eta).sqrt() * noise)
        after = context.energy.energy(condition, moved)
        kept = after <= before.energy
        answers = context.hold(diffusion.unscale(torch.where(per_problem(kept, moved), moved, start), k))
        return Refined(answers, before.energy, torch.where(kept, after, before.energy), kept.to(after.dtype), 2)
