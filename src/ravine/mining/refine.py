"""How proposals are made harder: descent of the energy at the same landscape."""

from dataclasses import dataclass
from typing import TypeVar

from jaxtyping import Float
from torch import Tensor

from ravine.descent import Descent, Keep, projection
from ravine.energies.base import Condition, Energy
from ravine.mining.context import MiningContext

C = TypeVar("C", bound=Condition)


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


@dataclass(frozen=True)
class Refine:
    """`steps` of descent of `step_scale` eta_k; 0 leaves the proposals as they are, and costs nothing."""

    steps: int = 0
    step_scale: float = 1.0
    keep: Keep = "falling"

    def run(
        self, energy: Energy[C], condition: C, context: MiningContext, proposals: Float[Tensor, "b *answer"]
    ) -> Refined:
        """Return the proposals, descended."""
        if self.steps == 0:
            return Refined(proposals)
        diffusion, k, batch = context.diffusion, context.k, context.batch
        project = projection(diffusion, k, context.bound, batch.given, batch.y)
        descent = Descent(self.steps, self.step_scale, self.keep)
        end = descent.run(energy, condition, diffusion.scale(proposals, k), diffusion.step_size[k], project)
        answers = context.hold(diffusion.unscale(end.y, k))
        return Refined(answers, end.start_energy, end.energy, end.accepted, end.evaluations)
