"""All candidates there are."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.mining.select.base import Select
from ravine.section import Count


class Only(Select):
    """All `candidates` there are: the only one, or several at once for a contrast of many negatives."""

    kind: Literal["only"] = "only"
    candidates: Count = 1
    """Negatives per problem."""

    needs_energy = False

    def __call__(
        self,
        energies: Float[Tensor, "b m"],
        answers: Float[Tensor, "b m *answer"],
        right: Float[Tensor, "b *answer"],
    ) -> Int[Tensor, "b s"]:
        """Return every index for every problem."""
        return torch.arange(answers.shape[1], device=answers.device).expand(answers.shape[0], -1)
