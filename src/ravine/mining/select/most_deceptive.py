"""The candidate of low energy far from right."""

from typing import Annotated, Literal

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from ravine.mining.select.base import Select
from ravine.section import NotNegative


class MostDeceptive(Select):
    """The candidate of low energy far from right: the greatest weight * z(distance) - z(energy).

    z standardises over the candidates of one problem; `weight` 0 is `Lowest`. Distance: root mean square over entries.
    """

    kind: Literal["most-deceptive"] = "most-deceptive"
    candidates: Annotated[int, Field(ge=2)] = 10
    """Candidates per problem."""
    weight: NotNegative = 1.0
    """Of the distance from the right answer."""

    def __call__(
        self,
        energies: Float[Tensor, "b m"],
        answers: Float[Tensor, "b m *answer"],
        right: Float[Tensor, "b *answer"],
    ) -> Int[Tensor, "b s"]:
        """Return each row's index of the highest score, (b, 1)."""
        distance = (answers - right[:, None]).flatten(2).square().mean(2).sqrt()
        score = self.weight * standardised(distance) - standardised(energies)
        return score.argmax(1, keepdim=True)


def standardised(values: Float[Tensor, "b m"]) -> Float[Tensor, "b m"]:
    """Return each row minus its mean, over its standard deviation; a row of equal values becomes zeros."""
    centred = values - values.mean(1, keepdim=True)
    spread = centred.square().mean(1, keepdim=True).sqrt()
    return torch.where(spread > 0, centred / spread, torch.zeros_like(centred))
