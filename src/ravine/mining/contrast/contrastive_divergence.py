"""The contrast of maximum likelihood: the plain difference of energies, kept small by a square."""

from typing import ClassVar, Literal

from jaxtyping import Float
from torch import Tensor

from ravine.mining.contrast.base import Contrast
from ravine.section import NotNegative


class ContrastiveDivergence(Contrast):
    """g + `regulariser` g^2, g = (E+ - E-) / temperature, the mean over negatives; least at g = -1 / (2 regulariser).

    `regularises` = "energies" is the published form, g + regulariser (E+^2 + E-^2) / temperature^2: the one contrast
    here that changes when a constant is added to the energy, though that says nothing about any answer. Source:
    Hinton 2002; Du and Mordatch 2019, section 3.
    """

    kind: Literal["contrastive-divergence"] = "contrastive-divergence"
    regulariser: NotNegative = 0.01
    """Multiplies the squares; 0: the plain difference, which has no least value."""
    regularises: Literal["gap", "energies"] = "gap"
    """What is squared: the gap, or both energies."""

    falls: ClassVar[bool] = False

    def __call__(
        self, positive: Float[Tensor, " b"], negatives: Float[Tensor, "b s"], temperature: float
    ) -> Float[Tensor, " b"]:
        """Return the loss of each problem."""
        right, wrong = positive[:, None] / temperature, negatives / temperature
        gap = right - wrong
        size = gap.square() if self.regularises == "gap" else right.square() + wrong.square()
        return (gap + self.regulariser * size).mean(1)
