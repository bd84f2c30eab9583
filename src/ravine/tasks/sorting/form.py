"""The contract of a form: how arrays and plans of swaps are written as problems and answers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.answers import AnswerSpace
from ravine.tasks.sorting.swaps import replay


@dataclass(frozen=True)
class Form(ABC):
    """How a task writes arrays and plans; `space`: of its answers. Arrays are permutations of 0..n-1, (b, n)."""

    space: AnswerSpace

    @abstractmethod
    def x_shape(self, n: int) -> tuple[int, ...]:
        """Return the shape of a problem of n values."""

    @abstractmethod
    def y_shape(self, n: int, steps: int) -> tuple[int, ...]:
        """Return the shape of an answer of `steps` swaps of n places."""

    @abstractmethod
    def problem(self, values: Int[Tensor, "b n"], dtype: torch.dtype) -> Float[Tensor, "b *problem"]:
        """Return the problems that arrays are written as."""

    @abstractmethod
    def values(self, x: Float[Tensor, "b *problem"]) -> Int[Tensor, "b n"]:
        """Return the arrays that problems are written for."""

    @abstractmethod
    def states(self, states: Int[Tensor, "b steps n"], dtype: torch.dtype) -> Float[Tensor, "b steps *nodes channels"]:
        """Return the part of an answer that says what the array is before each swap."""

    @abstractmethod
    def choices(self, swaps: Int[Tensor, "b steps 2"], n: int, dtype: torch.dtype) -> Float[Tensor, "b steps *nodes c"]:
        """Return the part of an answer that says which swaps are made."""

    @abstractmethod
    def swaps(self, answer: Float[Tensor, "b *answer"]) -> Int[Tensor, "b steps 2"]:
        """Return the swaps that an answer stands for; its states have no say."""

    def answer(
        self, values: Int[Tensor, "b n"], swaps: Int[Tensor, "b steps 2"], dtype: torch.dtype
    ) -> Float[Tensor, "b *answer"]:
        """Return the answer of swaps on arrays: the array before each swap, and the swap."""
        states = self.states(replay(values, swaps)[:, :-1], dtype)
        return torch.cat([states, self.choices(swaps, values.shape[1], dtype)], -1)

    def end(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Int[Tensor, "b n"]:
        """Return what each answer's swaps make of the problem's array."""
        return replay(self.values(batch.x), self.swaps(answer))[:, -1]

    def replaced(
        self, answer: Float[Tensor, "b *answer"], last: Int[Tensor, "b 2"], n: int
    ) -> Float[Tensor, "b *answer"]:
        """Return answers with another last swap, their states as they are."""
        choices = self.choices(last[:, None], n, answer.dtype)
        end = torch.cat([answer[:, -1:, ..., : -choices.shape[-1]], choices], -1)
        return torch.cat([answer[:, :-1], end], 1)
