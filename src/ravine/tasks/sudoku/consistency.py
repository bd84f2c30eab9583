"""The share of boards that keep the rules, clues aside."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.metrics.base import ShareMetric
from ravine.tasks.sudoku.encoding import digits_of
from ravine.tasks.sudoku.rules import valid
from ravine.tasks.sudoku.shape import Box


@dataclass(frozen=True)
class Consistency(ShareMetric):
    """1 where every row, column and box of the decoded board holds every digit, else 0: the released `consistency`.

    `digits`: those that answers stand for, (b, n, n).
    """

    box: Box
    digits: Callable[[Tensor], Tensor] = digits_of

    name = "consistency"
    label = "consistent"

    def values(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        """Return 1.0 for each board that keeps the rules, else 0.0."""
        return valid(self.digits(answer), self.box).to(answer.dtype)
