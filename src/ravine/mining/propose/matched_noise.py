"""The right answer under noise of its own size."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import per_problem
from ravine.mining.context import MiningContext
from ravine.mining.propose.base import Propose
from ravine.section import Positive


class MatchedNoise(Propose):
    """The right answer plus noise of `scale` times its own root mean square, the same on every landscape."""

    kind: Literal["matched-noise"] = "matched-noise"
    scale: Positive = 1.0
    """Multiplies the answer's root mean square."""

    guided = False

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return the right answers moved by matched noise."""
        z = context.standard_normal(candidates, generator)
        return context.around_right(per_problem(self.scale * context.spread(), z) * z)
