"""The right answer itself."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.mining.context import MiningContext
from ravine.mining.propose.base import Propose


class Right(Propose):
    """The right answer itself: where points for denoising start from; unrefined it is no negative."""

    kind: Literal["right"] = "right"

    guided = False

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return every right answer, `candidates` times."""
        y = context.batch.y
        return y[:, None].repeat(1, candidates, *[1] * (y.dim() - 1))
