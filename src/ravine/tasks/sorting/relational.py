"""Sorting with relational states: how every two places and their values compare, and each swap as a pair of places."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.tasks.answers import AnswerSpace, Signs, one_hot
from ravine.tasks.base import Task
from ravine.tasks.sorting.form import Form
from ravine.tasks.sorting.space import StatesAndChoices
from ravine.tasks.sorting.task import Sorting, SortingConfig

RELATIONS = 6

SPACE = StatesAndChoices(Signs(), channels=RELATIONS, axes=2)


@dataclass(frozen=True)
class Relational(Form):
    """x (n, n, 6) at [i, j]: a_j < a_i, a_j = a_i, a_j > a_i, j < i, j = i, j > i as +-1; y (steps, n, n, 7) has
    those of the array before each swap, and the swap one-hot over [i, j].
    """

    space: AnswerSpace = SPACE

    def x_shape(self, n: int) -> tuple[int, ...]:
        """Return (n, n, 6)."""
        return (n, n, RELATIONS)

    def y_shape(self, n: int, steps: int) -> tuple[int, ...]:
        """Return (steps, n, n, 7)."""
        return (steps, n, n, RELATIONS + 1)

    def problem(self, values: Int[Tensor, "b n"], dtype: torch.dtype) -> Float[Tensor, "b n n six"]:
        """Return the relations of arrays."""
        return self.states(values[:, None], dtype)[:, 0]

    def values(self, x: Float[Tensor, "b n n six"]) -> Int[Tensor, "b n"]:
        """Return the arrays: a value is the number of those below it."""
        return (x[..., 0] > 0).sum(2)

    def states(self, states: Int[Tensor, "b steps n"], dtype: torch.dtype) -> Float[Tensor, "b steps n n six"]:
        """Return the relations of the arrays."""
        values = compared(states, dtype)
        places = compared(torch.arange(states.shape[-1], device=states.device), dtype)
        return torch.cat([values, places.expand_as(values)], -1)

    def choices(self, swaps: Int[Tensor, "b steps 2"], n: int, dtype: torch.dtype) -> Float[Tensor, "b steps n n one"]:
        """Return every swap, one-hot over the pairs of places."""
        pairs = one_hot(swaps[..., 0] * n + swaps[..., 1], n * n).to(dtype)
        return pairs.reshape(*pairs.shape[:2], n, n, 1)

    def swaps(self, answer: Float[Tensor, "b steps n n seven"]) -> Int[Tensor, "b steps 2"]:
        """Return the pairs of the greatest entries."""
        n = answer.shape[2]
        pair = answer[..., RELATIONS].flatten(2).argmax(2)
        return torch.stack([pair // n, pair % n], 2)


def compared(numbers: Int[Tensor, "*batch n"], dtype: torch.dtype) -> Float[Tensor, "*batch n n three"]:
    """Return whether each column's number is less than the row's, equal, greater: signs."""
    first, second = numbers[..., None, :], numbers[..., :, None]
    return torch.stack([first < second, first == second, first > second], -1).to(dtype) * 2 - 1


class RelationalConfig(SortingConfig):
    """How the values of an array compare -> the swaps that sort it, with the comparisons before each of them."""

    name: Literal["sort"] = "sort"

    def build(self) -> Task:
        """Return the task."""
        return Sorting(self.name, Relational(), self.n, self.largest, self.steps)
