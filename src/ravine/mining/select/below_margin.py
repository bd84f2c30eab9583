"""The candidate of lowest energy that does not come suspiciously near the right answer's."""

from typing import Annotated, Any, Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from ravine.mining.context import MiningContext
from ravine.mining.refine.base import Refined
from ravine.mining.select.base import Select, Valued


class BelowMargin(Select):
    """The candidate of least gap E(candidate) - E(right answer) that is not below `share` of its pool's mean gap.

    Candidates nearer than that may be right answers themselves, and are dropped; a problem of which none is left has no
    mined point. Gaps are noise-free, at the row's landscape, and a constant added to the energy changes none. Costs 1
    evaluation a problem beside the candidates' own. Source: the margin of NV-Retriever (Moreira et al. 2024), whose
    scores below 95 % of the right one's are gaps above 5 %; an energy has no zero, so the pool is the measure.
    """

    kind: Literal["below-margin"] = "below-margin"
    candidates: Annotated[int, Field(ge=2)] = 10
    """Candidates per problem."""
    share: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Of the pool's mean gap, how near a candidate may come."""

    def values(self, condition: Any, context: MiningContext, refined: Refined) -> Valued:
        """Return every candidate's gap."""
        own = super().values(condition, context, refined)
        count = len(refined.answers) // len(context.batch)
        right = context.energy.energy(condition, context.diffusion.scale(context.batch.y, context.k))
        return Valued(own.values - right.repeat_interleave(count), own.evaluations + 1)

    def __call__(
        self,
        energies: Float[Tensor, "b m"],
        answers: Float[Tensor, "b m *answer"],
        right: Float[Tensor, "b *answer"],
    ) -> Int[Tensor, "b s"]:
        """Return each row's index of the least gap that is left, or -1, (b, 1)."""
        left = energies >= self.share * energies.mean(1, keepdim=True)
        index = torch.where(left, energies, torch.inf).argmin(1, keepdim=True)
        return torch.where(left.any(1, keepdim=True), index, -1)
