"""Forms of the contrastive term: right answers below wrong ones."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor


@runtime_checkable
class Contrast(Protocol):
    """A loss per problem that falls as the positive's energy falls below the negatives'."""

    def __call__(
        self, positive: Float[Tensor, " b"], negatives: Float[Tensor, "b s"], temperature: float
    ) -> Float[Tensor, " b"]:
        """Return the loss of each problem."""
        ...


def softplus(positive: Float[Tensor, " b"], negatives: Float[Tensor, "b s"], temperature: float) -> Float[Tensor, " b"]:
    """Return softplus((E+ - E-) / temperature), the mean over negatives (Du et al. 2024, equation 6)."""
    return torch.nn.functional.softplus((positive[:, None] - negatives) / temperature).mean(1)


CONTRASTS: Mapping[str, Contrast] = MappingProxyType({"softplus": softplus})
"""The forms of the contrastive term by name."""
