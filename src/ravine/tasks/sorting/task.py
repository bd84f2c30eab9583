"""Sorting by swaps: the next swap of selection sort, step by step, until the array is sorted."""

from abc import ABC
from collections.abc import Iterator, Mapping
from typing import Annotated

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field, model_validator
from torch import Tensor

from ravine.batch import Batch
from ravine.section import Count
from ravine.seeding import Seeds
from ravine.tasks.base import Purpose, Task, TaskConfig
from ravine.tasks.baselines import Baseline
from ravine.tasks.distinct import distinct
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.solved import Solved
from ravine.tasks.sorting.files import SwapFiles
from ravine.tasks.sorting.first import FirstSwap
from ravine.tasks.sorting.form import Form
from ravine.tasks.sorting.permutations import LEAST, Part, draw, number
from ravine.tasks.sorting.places import Places
from ravine.tasks.sorting.rules import CommonFirstSwap, FirstRightSwaps
from ravine.tasks.sorting.swaps import selection

PARTS: Mapping[Purpose, Part] = {"test": "test", "validation": "validation", "fit": "train"}


class Sorting(Task):
    """Permutations of n values, not sorted yet, and the swaps of selection sort: value 0 to place 0, 1 to 1, and so on.

    `same` has n values, `harder` more; plans have `steps` swaps, padded by (0, 0), a place with itself. Training, test
    and validation permutations are parted by a label (`permutations.label`). An answer is right if its swaps sort the
    array, whatever its states say: other plans than the one to learn may be right.
    """

    bound = 1.0
    solve_bound = 1.0

    def __init__(self, name: str, form: Form, n: int, harder: int, steps: int) -> None:
        self.name, self.form, self.steps = name, form, steps
        self.sizes = {"same": n, "harder": harder}
        self.space = form.space
        self.x_shape, self.y_shape = form.x_shape(n), form.y_shape(n, steps)

    def values_of(self, split: str) -> int:
        """Return how many values an array of the split has; an `InputError` names the splits there are."""
        return self.at_split(self.sizes, split)

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return arrays that are no test or validation arrays, and their plans."""
        return self.batch_of(draw(size, self.values_of(split), generator, "train"), dtype)

    def batch_of(self, values: Int[Tensor, "b n"], dtype: torch.dtype) -> Batch:
        """Return arrays as problems, with the plans that sort them."""
        plan = selection(values, self.steps)
        return Batch(self.form.problem(values, dtype), self.form.answer(values, plan, dtype))

    def fixed(self, split: str, purpose: Purpose, size: int) -> Iterator[Batch]:
        """Yield `size` arrays of a part of the permutations, none twice unless there are fewer."""
        n, part = self.values_of(split), PARTS[purpose]
        seeds = Seeds(0, ("fixed", "sorting", str(n), purpose))
        for values in distinct(lambda count, g: draw(count, n, g, part), size, number(n, part), seeds):
            yield self.batch_of(values, torch.float64)

    def solved(self, batch: Batch, answer: Float[Tensor, "b *answer"]) -> Bool[Tensor, " b"]:
        """Return whether the answers' swaps sort the arrays."""
        return (self.form.end(batch, answer).diff(dim=1) > 0).all(1)

    def own_metrics(self) -> tuple[Metric, ...]:
        """Return arrays sorted, places right, and first swaps that are selection sort's."""
        return (Solved(self.solved), Places(self.form), FirstSwap(self.form))

    def corrupt(self, batch: Batch, rate: float, generator: torch.Generator) -> Float[Tensor, "b *answer"]:
        """Return answers with a share `rate` of their cells redrawn, none of which sorts its array.

        A plan that still sorts gets another last swap: none if there was one, else one of two places. What the last
        swap makes is then another array, and only one array is sorted.
        """
        wrong = self.space.corrupt(batch.y, batch.given, rate, generator)
        n, device = self.form.values(batch.x).shape[1], batch.y.device
        first = torch.randint(0, n, (len(batch),), generator=generator, device=device)
        step = torch.randint(1, n, (len(batch),), generator=generator, device=device)
        last = self.form.swaps(wrong)[:, -1]
        idle = last[:, :1] == last[:, 1:]
        other = torch.where(idle, torch.stack([first, (first + step) % n], 1), last[:, :1])
        solved = self.solved(batch, wrong).reshape(-1, *[1] * (wrong.dim() - 1))
        return torch.where(solved, self.form.replaced(wrong, other, n), wrong)

    def baselines(self) -> Mapping[str, Baseline]:
        """Return no swap, the most common first one, and selection sort, stopped early or not."""
        return {
            "no swap": FirstRightSwaps(self.form, 0, trivial=True),
            "most common first swap": CommonFirstSwap(self.form),
            "first 4 right swaps": FirstRightSwaps(self.form, 4),
            "first 6 right swaps": FirstRightSwaps(self.form, 6),
            "first 8 right swaps": FirstRightSwaps(self.form, 8),
            "selection by swaps": FirstRightSwaps(self.form, self.steps),
        }

    def files(self) -> SwapFiles:
        """Return how a user's own arrays are read and their swaps written."""
        return SwapFiles(self.form, self.steps)


class SortingConfig(TaskConfig, ABC):
    """What the two forms share."""

    metrics = ("solved", "places", "first")
    best_rule = "no swap"

    n: Annotated[int, Field(ge=LEAST, le=100)] = 10
    """Values of an array in training."""
    harder: Annotated[int, Field(ge=LEAST, le=100)] | None = None
    """Values of an array on `harder`; default: half as many again."""
    steps: Count = 16
    """Swaps of a plan; those that are not needed swap place 0 with itself."""

    @model_validator(mode="after")
    def _plans_are_long_enough(self) -> "SortingConfig":
        if self.largest < self.n:
            raise ValueError(f"harder = {self.harder} is less than n = {self.n}")
        if self.steps < self.largest - 1:
            raise ValueError(
                f"steps = {self.steps}: {self.largest} values can need {self.largest - 1} swaps; write steps = "
                f"{self.largest - 1}, or a smaller harder"
            )
        return self

    @property
    def largest(self) -> int:
        """The number of values of `harder`."""
        return self.n + self.n // 2 if self.harder is None else self.harder
