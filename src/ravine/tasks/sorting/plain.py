"""Sorting with plain states: the array itself before each swap, and its two places one-hot."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.tasks.answers import AnswerSpace, Reals, one_hot
from ravine.tasks.base import Task
from ravine.tasks.sorting.form import Form
from ravine.tasks.sorting.space import StatesAndChoices
from ravine.tasks.sorting.task import Sorting, SortingConfig

SPACE = StatesAndChoices(Reals(), channels=1, axes=1)


@dataclass(frozen=True)
class Plain(Form):
    """x (n, 1) = 2 a / n - 1; y (steps, n, 3): the array before each swap, likewise, and its two places one-hot."""

    space: AnswerSpace = SPACE

    def x_shape(self, n: int) -> tuple[int, ...]:
        """Return (n, 1)."""
        return (n, 1)

    def y_shape(self, n: int, steps: int) -> tuple[int, ...]:
        """Return (steps, n, 3)."""
        return (steps, n, 3)

    def problem(self, values: Int[Tensor, "b n"], dtype: torch.dtype) -> Float[Tensor, "b n one"]:
        """Return the arrays on an even scale from -1 to 1 - 2 / n."""
        return self.states(values[:, None], dtype)[:, 0]

    def values(self, x: Float[Tensor, "b n one"]) -> Int[Tensor, "b n"]:
        """Return the arrays, by the nearest value."""
        return ((x[..., 0] + 1) * x.shape[1] / 2).round().long()

    def states(self, states: Int[Tensor, "b steps n"], dtype: torch.dtype) -> Float[Tensor, "b steps n one"]:
        """Return the arrays on an even scale, as problems are written."""
        return (2 * states.to(dtype) / states.shape[-1] - 1)[..., None]

    def choices(self, swaps: Int[Tensor, "b steps 2"], n: int, dtype: torch.dtype) -> Float[Tensor, "b steps n two"]:
        """Return the two places of every swap, one-hot over the places."""
        return one_hot(swaps, n).to(dtype).movedim(2, 3)

    def swaps(self, answer: Float[Tensor, "b steps n three"]) -> Int[Tensor, "b steps 2"]:
        """Return the places of the greatest entries."""
        return answer[..., 1:].argmax(2)


class PlainConfig(SortingConfig):
    """An array -> the swaps that sort it, with the array before each of them."""

    name: Literal["sort-2"] = "sort-2"

    def build(self) -> Task:
        """Return the task."""
        return Sorting(self.name, Plain(), self.n, self.largest, self.steps)
