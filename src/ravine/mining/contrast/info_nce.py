"""A contrast of one right answer among many."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.mining.contrast.base import Contrast


class InfoNCE(Contrast):
    """-ln of the positive's share of exp(-E / temperature) among itself and all negatives; with one it is softplus."""

    kind: Literal["info-nce"] = "info-nce"

    def __call__(
        self, positive: Float[Tensor, " b"], negatives: Float[Tensor, "b s"], temperature: float
    ) -> Float[Tensor, " b"]:
        """Return the loss of each problem."""
        logits = -torch.cat([positive[:, None], negatives], dim=1) / temperature
        return torch.logsumexp(logits, dim=1) - logits[:, 0]
