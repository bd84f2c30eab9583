"""The contract of a denoising loss."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from jaxtyping import Bool, Float
from torch import Tensor

from ravine.batch import Batch
from ravine.energies.base import Condition, Energy
from ravine.section import Section


@dataclass(frozen=True)
class Denoised:
    """The loss of every problem, (b,), and the energies of the points that it was taken at, (b,), if there are any."""

    loss: Float[Tensor, " b"]
    energy: Float[Tensor, " b"] | None


class Denoise(Section, ABC):
    """A loss on noised right answers."""

    @abstractmethod
    def __call__(
        self,
        energy: Energy[Any],
        condition: Condition,
        y_k: Float[Tensor, "b *answer"],
        eps: Float[Tensor, "b *answer"],
        batch: Batch,
        noise_level: Float[Tensor, " b"],
    ) -> Denoised:
        """Return each problem's loss at the point `y_k` = sqrt(abar_k) y + sigma_k `eps`; givens do not count.

        `noise_level`: sigma_k / sqrt(abar_k) of each problem's landscape, (b,).
        """

    def check(self, energy: Energy[Any]) -> None:
        """Raise a `ConfigurationError` for an energy that has not got what the loss asks for."""
        return


def over_free(values: Float[Tensor, "b *entries"], free: Bool[Tensor, "b *entries"]) -> Float[Tensor, " b"]:
    """Return the mean over each problem's free entries; its mean over the parts of a batch is that over the whole."""
    values, free = values.flatten(1), free.flatten(1)
    return (values * free).sum(1) / free.sum(1).clamp(min=1)
