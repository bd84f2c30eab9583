"""A contrast that is linear in energies, up to a limit."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor

from ravine.mining.contrast.base import Contrast
from ravine.section import Positive


class Clipped(Contrast):
    """(E+ - E-) / temperature, clipped at +-`limit`, the mean over negatives."""

    kind: Literal["clipped"] = "clipped"
    limit: Positive = 5.0
    """Where the slope ends."""

    def __call__(
        self, positive: Float[Tensor, " b"], negatives: Float[Tensor, "b s"], temperature: float
    ) -> Float[Tensor, " b"]:
        """Return the loss of each problem."""
        return ((positive[:, None] - negatives) / temperature).clamp(-self.limit, self.limit).mean(1)
