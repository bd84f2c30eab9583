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


def margin(positive: Float[Tensor, " b"], negatives: Float[Tensor, "b s"], temperature: float) -> Float[Tensor, " b"]:
    """Return max(0, 1 + (E+ - E-) / temperature), the mean over negatives: a gap of one temperature is enough."""
    return torch.relu(1 + (positive[:, None] - negatives) / temperature).mean(1)


def info_nce(positive: Float[Tensor, " b"], negatives: Float[Tensor, "b s"], temperature: float) -> Float[Tensor, " b"]:
    """Return -ln of the positive's share of exp(-E / temperature) among itself and all negatives (InfoNCE).

    With one negative it is `softplus`.
    """
    logits = -torch.cat([positive[:, None], negatives], dim=1) / temperature
    return torch.logsumexp(logits, dim=1) - logits[:, 0]


CONTRASTS: Mapping[str, Contrast] = MappingProxyType({"softplus": softplus, "margin": margin, "info-nce": info_nce})
"""The forms of the contrastive term by name."""
