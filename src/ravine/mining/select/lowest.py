"""The candidate of lowest energy."""

from typing import Annotated, Literal

from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from ravine.mining.select.base import Select


class Lowest(Select):
    """The candidate of lowest energy."""

    kind: Literal["lowest"] = "lowest"
    candidates: Annotated[int, Field(ge=2)] = 10
    """Candidates per problem."""

    def __call__(
        self,
        energies: Float[Tensor, "b m"],
        answers: Float[Tensor, "b m *answer"],
        right: Float[Tensor, "b *answer"],
    ) -> Int[Tensor, "b s"]:
        """Return each row's index of lowest energy, (b, 1)."""
        return energies.argmin(1, keepdim=True)
