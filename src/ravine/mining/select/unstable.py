"""The candidate at which the energy's gradient changes most."""

from typing import Annotated, Any, Literal

from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from ravine.batch import per_problem
from ravine.descent import projection
from ravine.mining.context import MiningContext
from ravine.mining.free import root_mean_square
from ravine.mining.refine.base import Refined
from ravine.mining.select.base import Select, Valued
from ravine.section import Positive


class Unstable(Select):
    """The candidate of greatest instability |g(p - h g(p)) - g(p)|, g the energy's gradient, h = `step_scale` eta_k.

    p is the candidate at its landscape's scale, |.| the root mean square over free entries: how much one step of
    descent changes what the next would be. Costs 2 evaluations a candidate. The idea of choosing examples by their
    instability is from work on equilibrium matching.
    """

    kind: Literal["unstable"] = "unstable"
    candidates: Annotated[int, Field(ge=2)] = 10
    """Candidates per problem."""
    step_scale: Positive = 1.0
    """Multiplies each landscape's own step size."""

    def values(self, condition: Any, context: MiningContext, refined: Refined) -> Valued:
        """Return every candidate's instability."""
        count = len(refined.answers) // len(context.batch)
        condition, around = condition.repeat(count), context.repeat(count)
        diffusion, k, batch = context.diffusion, around.k, around.batch
        p = diffusion.scale(refined.answers, k)
        first = context.energy.energy_and_gradient(condition, p).gradient
        project = projection(diffusion, k, context.bound, batch.given, batch.y)
        moved = project(p - self.step_scale * per_problem(diffusion.step_size[k], p) * first)
        second = context.energy.energy_and_gradient(condition, moved).gradient
        return Valued(root_mean_square(second - first, batch), 2 * count)

    def __call__(
        self,
        energies: Float[Tensor, "b m"],
        answers: Float[Tensor, "b m *answer"],
        right: Float[Tensor, "b *answer"],
    ) -> Int[Tensor, "b s"]:
        """Return each row's index of the greatest value, (b, 1)."""
        return energies.argmax(1, keepdim=True)
