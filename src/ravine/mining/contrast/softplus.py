"""IRED's contrast."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.mining.contrast.base import Contrast


class Softplus(Contrast):
    """softplus((E+ - E-) / temperature), the mean over negatives (Du et al. 2024, equation 6)."""

    kind: Literal["softplus"] = "softplus"

    def __call__(
        self, positive: Float[Tensor, " b"], negatives: Float[Tensor, "b s"], temperature: float
    ) -> Float[Tensor, " b"]:
        """Return the loss of each problem."""
        return torch.nn.functional.softplus((positive[:, None] - negatives) / temperature).mean(1)
