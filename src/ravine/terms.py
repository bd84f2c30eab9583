"""Terms of the loss that are the user's own, beside denoising and contrast."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.energies.base import Condition, Energy
from ravine.registry import External, Registry
from ravine.section import NotNegative


class Term(ABC):
    """A further loss per problem, taken at the noised right answers.

    `evaluations`: energy evaluations that it takes for each problem, by which `matching = "compute"` counts it.
    """

    evaluations: ClassVar[int] = 0

    @abstractmethod
    def __call__(
        self,
        energy: Energy[Any],
        condition: Condition,
        y_k: Float[Tensor, "b *answer"],
        eps: Float[Tensor, "b *answer"],
        batch: Batch,
        noise_level: Float[Tensor, " b"],
    ) -> Float[Tensor, " b"]:
        """Return the loss of each problem at `y_k` = sqrt(abar_k) y + sigma_k `eps`; givens are to be left out.

        `noise_level`: sigma_k / sqrt(abar_k) of each problem's landscape, (b,).
        """


class TermConfig(External):
    """A term of your own: the mean over problems of what its `factory` makes, times its weight, joins the loss."""

    name: str
    """By which `metrics.jsonl` shows it; without a factory, the entry point of an installed package."""
    weight: NotNegative = 1.0
    """Of the term in the loss."""


TERMS = Registry("ravine.terms", Term, "name", "ravine.terms")
"""Nothing of this kind ships."""


@dataclass(frozen=True)
class Weighted:
    """A term with the name and the weight that the configuration gives it."""

    name: str
    weight: float
    term: Term
