"""How proposals are made harder: descent of the energy at the same landscape."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import per_problem
from ravine.descent import Descent, Keep, Projection, projection
from ravine.mining.context import MiningContext


@dataclass(frozen=True)
class Refined:
    """Refined answers (b, ...), with energies before and after, (b,), and the share of steps kept, (b,).

    The energies are those of the noise-free points sqrt(abar_k) y; none are computed where no step is taken.
    """

    answers: Float[Tensor, "b *answer"]
    energy_before: Float[Tensor, " b"] | None = None
    energy_after: Float[Tensor, " b"] | None = None
    accepted: Float[Tensor, " b"] | None = None
    evaluations: int = 0


@runtime_checkable
class Refiner(Protocol):
    """A way to make proposals harder."""

    def run(self, condition: Any, context: MiningContext, proposals: Float[Tensor, "b *answer"]) -> Refined:
        """Return the refined proposals."""
        ...


@dataclass(frozen=True)
class Refine:
    """`steps` of descent of `step_scale` eta_k; 0 leaves the proposals as they are, and costs nothing.

    `radius`: the farthest a refined answer may lie from the right one, in units of the right answer's root mean square
    (distance: root mean square over entries); None sets no limit.
    """

    steps: int = 0
    step_scale: float = 1.0
    keep: Keep = "falling"
    radius: float | None = None

    def run(self, condition: Any, context: MiningContext, proposals: Float[Tensor, "b *answer"]) -> Refined:
        """Return the proposals, descended; with a radius they are first brought inside it."""
        if self.steps == 0:
            return Refined(proposals)
        diffusion, k = context.diffusion, context.k
        project = self._projection(context)
        start = project(diffusion.scale(proposals, k))
        descent = Descent(self.steps, self.step_scale, self.keep)
        end = descent.run(context.energy, condition, start, diffusion.step_size[k], project)
        answers = context.hold(diffusion.unscale(end.y, k))
        return Refined(answers, end.start_energy, end.energy, end.accepted, end.evaluations)

    def _projection(self, context: MiningContext) -> Projection:
        batch, k = context.batch, context.k
        inside = projection(context.diffusion, k, context.bound, batch.given, batch.y)
        if self.radius is None:
            return inside
        right = context.diffusion.scale(batch.y, k)
        limit = self.radius * context.spread() * context.diffusion.signal[k]

        def project(y_k: Tensor) -> Tensor:
            offset = inside(y_k) - right
            distance = offset.flatten(1).square().mean(1).sqrt()
            shrink = (limit / distance.clamp(min=torch.finfo(distance.dtype).tiny)).clamp(max=1.0)
            return right + per_problem(shrink, offset) * offset

        return project
