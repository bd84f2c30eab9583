"""What a miner may see of a step."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import Batch, per_problem
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy


@dataclass(frozen=True)
class MiningContext:
    """The energy as it stands, problems with right answers, their landscapes `k` (b,), and the negatives' `bound`.

    `memory`: what earlier negatives left behind, (capacity, ...), in units of noise; None without a replay.
    """

    energy: Energy[Any]
    batch: Batch
    k: Int[Tensor, " b"]
    diffusion: Diffusion
    bound: float
    memory: Float[Tensor, "capacity *answer"] | None = None

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

    def noise_level(self) -> Float[Tensor, " b"]:
        """Return sigma_k / sqrt(abar_k): the standard deviation in answer space of each problem's landscape noise."""
        return self.diffusion.sigma[self.k] / self.diffusion.signal[self.k]

    def spread(self) -> Float[Tensor, " b"]:
        """Return the root mean square of each right answer's entries, (b,)."""
        return self.batch.y.flatten(1).square().mean(1).sqrt()

    def in_noise_units(self, answers: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return the answers' offsets from the right ones, in units of each problem's landscape noise."""
        return (answers - self.batch.y) / per_problem(self.noise_level(), answers)
