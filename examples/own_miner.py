"""A proposal of your own: the right answer with its entries in another order."""

import torch
from torch import Tensor

from ravine.mining.context import MiningContext
from ravine.mining.propose.base import Propose


class ShuffledEntries(Propose):
    """The right answer with its entries in another order, and a little noise so that no two proposals are equal."""

    noise: float = 0.01

    def __call__(self, context: MiningContext, candidates: int, generator: torch.Generator) -> Tensor:
        """Return `candidates` shuffled answers for every problem, (b, m, ...)."""
        y = context.batch.y
        shape = (y.shape[0], candidates, y[0].numel())
        order = torch.rand(shape, generator=generator, device=y.device).argsort(2)
        shuffled = y.flatten(1)[:, None].expand(shape).gather(2, order)
        shuffled = shuffled + self.noise * torch.randn(shape, generator=generator, device=y.device)
        offsets = shuffled.reshape(y.shape[0], candidates, *y.shape[1:]) - y[:, None]
        return context.around_right(offsets)
