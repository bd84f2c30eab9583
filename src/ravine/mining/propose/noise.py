"""The right answer under its landscape's noise."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import per_problem
from ravine.mining.context import MiningContext
from ravine.mining.propose.base import Propose
from ravine.section import Positive


class Noise(Propose):
    """The right answer under `scale` times the noise of its landscape: y_k + scale sigma_k z, unscaled (IRED: 3.0)."""

    kind: Literal["noise"] = "noise"
    scale: Positive = 3.0
    """Multiplies the landscape's noise."""

    guided = False

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return the noised answers, brought back to answer space."""
        z = context.standard_normal(candidates, generator)
        return context.around_right(per_problem(self.scale * context.noise_level(), z) * z)
