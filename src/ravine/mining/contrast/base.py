"""The contract of a contrast: a loss that falls as right answers come to lie below wrong ones."""

from abc import ABC, abstractmethod
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from ravine.section import Section


class Contrast(Section, ABC):
    """A loss per problem that falls as the positive's energy falls below the negatives'.

    `falls`: whether it does so from everywhere; one that also keeps energies near one another does so from equal ones.
    """

    falls: ClassVar[bool] = True

    @abstractmethod
    def __call__(
        self, positive: Float[Tensor, " b"], negatives: Float[Tensor, "b s"], temperature: float
    ) -> Float[Tensor, " b"]:
        """Return the loss of each problem."""
