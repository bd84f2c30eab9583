"""A contrast that is content with a gap."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.mining.contrast.base import Contrast


class Margin(Contrast):
    """max(0, 1 + (E+ - E-) / temperature), the mean over negatives: a gap of one temperature is enough."""

    kind: Literal["margin"] = "margin"

    def __call__(
        self, positive: Float[Tensor, " b"], negatives: Float[Tensor, "b s"], temperature: float
    ) -> Float[Tensor, " b"]:
        """Return the loss of each problem."""
        return torch.relu(1 + (positive[:, None] - negatives) / temperature).mean(1)
