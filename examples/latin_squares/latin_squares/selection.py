"""A selection that is less greedy than the lowest candidate."""

from typing import Annotated, Literal

from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from ravine.mining.select.base import Select


class LowestTwo(Select):
    """One of the two candidates of lowest energy, either as likely.

    Candidates are drawn alike, so that their order is random: the earlier of the two is a random one of them.
    """

    kind: Literal["lowest-two"] = "lowest-two"
    candidates: Annotated[int, Field(ge=2)] = 4
    """Candidates per problem."""

    def __call__(
        self, energies: Float[Tensor, "b m"], answers: Float[Tensor, "b m *answer"], right: Float[Tensor, "b *answer"]
    ) -> Int[Tensor, "b s"]:
        """Return each row's index, (b, 1)."""
        return energies.topk(2, largest=False).indices.amin(1, keepdim=True)
