"""Earlier negatives, replayed."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import per_problem
from ravine.mining.context import MiningContext
from ravine.mining.propose.base import Propose
from ravine.mining.propose.noise import Noise
from ravine.section import Count, Positive, Proportion


class Replay(Propose):
    """Offsets of earlier negatives laid round the present right answers; a share `refresh` is fresh noise of `scale`.

    The problems of every step are new, so what is kept of a negative is its offset from its right answer in units
    of its landscape's noise. `capacity`: how many offsets are kept, the newest; they start as standard normal times
    `scale`.
    """

    kind: Literal["replay"] = "replay"
    capacity: Count = 8192
    """Offsets kept, the newest."""
    refresh: Proportion = 0.1
    """Share of fresh proposals."""
    scale: Positive = 3.0
    """Multiplies the landscape's noise in fresh proposals."""

    guided = False

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return replayed offsets round the right answers, refreshed in part."""
        memory = context.memory
        if memory is None:
            raise ValueError("a replay needs the context's memory: start it with `start_memory`")
        shape, device = (len(context.batch), candidates), context.k.device
        pick = torch.randint(len(memory), shape, generator=generator, device=device)
        renew = torch.rand(shape, generator=generator, device=device) < self.refresh
        offsets = memory[pick]
        replayed = context.around_right(per_problem(context.noise_level(), offsets) * offsets)
        fresh = Noise(scale=self.scale)(context, candidates, generator)
        return torch.where(renew.reshape(*shape, *[1] * (offsets.dim() - 2)), fresh, replayed)

    def start_memory(self, answer_shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Return the memory before the first step, (capacity, ...)."""
        shape = (self.capacity, *answer_shape)
        return self.scale * torch.randn(shape, generator=generator, device=generator.device)

    def remember(
        self, memory: Float[Tensor, "capacity *answer"], context: MiningContext, negatives: Float[Tensor, "b s *answer"]
    ) -> Float[Tensor, "capacity *answer"]:
        """Return the memory with the negatives' offsets in front and the oldest dropped."""
        offsets = context.repeat(negatives.shape[1]).in_noise_units(negatives.flatten(0, 1))
        return torch.cat([offsets, memory])[: len(memory)]

    def misfit(self, batch: int) -> str | None:
        """Return what is wrong with a memory that holds less than a batch."""
        return (
            f"capacity: {self.capacity} is less than a batch; write at least {batch}" if self.capacity < batch else None
        )
