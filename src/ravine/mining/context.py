"""What a miner may see of a step."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import Batch
from ravine.diffusion import Diffusion


@dataclass(frozen=True)
class MiningContext:
    """The problems with their right answers, their landscapes `k` (b,), and the `bound` that negatives stay within."""

    batch: Batch
    k: Int[Tensor, " b"]
    diffusion: Diffusion
    bound: float

    def rows(self, rows: slice) -> "MiningContext":
        """Return the context of the problems in `rows` alone."""
        return replace(self, batch=self.batch.rows(rows), k=self.k[rows])

    def repeat(self, times: int) -> "MiningContext":
        """Return the context with every problem `times` times in a row, one for each of its candidates."""
        if times == 1:
            return self
        batch = self.batch
        given = None if batch.given is None else batch.given.repeat_interleave(times, 0)
        # The problems themselves are not repeated: an energy sees them through its condition alone.
        repeated = Batch(batch.x.new_zeros(len(batch) * times, 0), batch.y.repeat_interleave(times, 0), given)
        return replace(self, batch=repeated, k=self.k.repeat_interleave(times, 0))

    def hold(self, answers: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return answers with every entry inside the bound and the given entries at their right values."""
        inside = answers.clamp(-self.bound, self.bound)
        given = self.batch.given
        return inside if given is None else torch.where(given, self.batch.y, inside)
