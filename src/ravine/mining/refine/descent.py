"""Descent of the energy at the same landscape."""

from typing import Any, Literal

from jaxtyping import Float
from torch import Tensor

from ravine.descent import Descent, Keep
from ravine.mining.context import MiningContext
from ravine.mining.refine.base import Refine, Refined
from ravine.mining.refine.region import region
from ravine.section import Number, Positive


class Descend(Refine):
    """`steps` of descent of `step_scale` eta_k; 0 leaves the proposals as they are, and costs nothing.

    `radius`: the farthest a refined answer may lie from the right one, in units of the right answer's root mean square
    (distance: root mean square over entries); None sets no limit.
    """

    kind: Literal["descent"] = "descent"
    steps: Number = 0
    """Descent steps."""
    step_scale: Positive = 1.0
    """Multiplies each landscape's own step size."""
    keep: Keep = "falling"
    """falling: only steps that do not raise the energy."""
    radius: Positive | None = None
    """Farthest distance from the right answer, in units of its root mean square."""

    @property
    def guided(self) -> bool:
        """Whether a step is taken."""
        return self.steps > 0

    def run(
        self, condition: Any, context: MiningContext, proposals: Float[Tensor, "b *answer"], noise: Tensor | None = None
    ) -> Refined:
        """Return the proposals, descended; with a radius they are first brought inside it."""
        if self.steps == 0:
            return Refined(proposals)
        diffusion, k = context.diffusion, context.k
        project = region(context, self.radius)
        start = project(diffusion.scale(proposals, k))
        descent = Descent(self.steps, self.step_scale, self.keep)
        end = descent.run(context.energy, condition, start, diffusion.step_size[k], project)
        answers = context.hold(diffusion.unscale(end.y, k))
        return Refined(answers, end.start_energy, end.energy, end.accepted, end.evaluations)
