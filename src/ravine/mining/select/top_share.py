"""The candidates of lowest energy, a share of them."""

import math
from typing import Annotated, Literal

from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from ravine.mining.select.base import Select

ROUNDING = 1e-9


class TopShare(Select):
    """The candidates of lowest energy, `share` of them rounded up, all as negatives of the one problem."""

    kind: Literal["top-share"] = "top-share"
    candidates: Annotated[int, Field(ge=2)] = 10
    """Candidates per problem."""
    share: Annotated[float, Field(gt=0, le=1)] = 0.2
    """Of the candidates, how many are used."""

    @property
    def count(self) -> int:
        """How many candidates are used of each problem."""
        return max(1, math.ceil(self.share * self.candidates - ROUNDING))

    def __call__(
        self,
        energies: Float[Tensor, "b m"],
        answers: Float[Tensor, "b m *answer"],
        right: Float[Tensor, "b *answer"],
    ) -> Int[Tensor, "b s"]:
        """Return each row's indices of lowest energy, the lowest first, (b, s)."""
        return energies.topk(self.count, largest=False).indices
