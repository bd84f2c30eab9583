"""A proposal for answers of one-hot cells: every value takes another one's name."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.mining.context import MiningContext
from ravine.mining.propose.base import Propose


class Renamed(Propose):
    """The right answer with values renamed in turn, 1 to n - 1 places on; given cells stay and contradict it."""

    kind: Literal["renamed"] = "renamed"

    guided = False

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return the right answers under names of their own, `candidates` for every problem."""
        y = context.batch.y[:, None].expand(-1, candidates, *context.batch.y.shape[1:])
        n, ones = y.shape[-1], [1] * (y.dim() - 2)
        step = torch.randint(1, n, y.shape[:2], generator=generator, device=y.device)
        source = (torch.arange(n, device=y.device) - step[:, :, None]) % n
        renamed = y.gather(-1, source.reshape(*y.shape[:2], *ones[1:], n).expand(y.shape))
        return context.around_right(renamed - y)
