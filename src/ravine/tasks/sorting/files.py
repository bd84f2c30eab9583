"""A user's own arrays: read from NumPy or CSV files, the swaps that sort them written, judged and drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.array_files import ArrayFiles, Numbers, shaded
from ravine.tasks.files import OwnProblems, Picture
from ravine.tasks.sorting.form import Form
from ravine.tasks.sorting.permutations import LEAST
from ravine.tasks.sorting.swaps import replay


@dataclass(frozen=True)
class SwapFiles(ArrayFiles):
    """Arrays of different numbers, one a line; only their order counts. Swaps are written i, j, i, j, ... from 0."""

    form: Form
    steps: int

    axes = 1
    title = "The array before each swap, rows from above, after each landscape"
    headings: ClassVar[Mapping[str, str]] = {"places": "places right"}

    def problems(self, stack: Numbers, file: Path) -> OwnProblems:
        """Return the arrays in a file as ranks, of any one size; an `InputError` names the first with equal numbers."""
        n = stack.shape[1]
        if n < LEAST:
            raise InputError(f"{file}: arrays of {n} numbers; give {LEAST} or more")
        ordered = np.sort(stack, axis=1)
        for index in np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(1))[:1]:
            twice = ordered[index, 1:][ordered[index, 1:] == ordered[index, :-1]][0]
            raise InputError(f"{file}: array {index} holds {twice:g} twice; give numbers that differ")
        steps = max(self.steps, n - 1)
        x = self.form.problem(torch.from_numpy(stack.argsort(1).argsort(1)), torch.float64)
        y = x.new_zeros(len(x), *self.form.y_shape(n, steps))
        return OwnProblems(Batch(x, y), {"n": n, "harder": n, "steps": steps})

    def written(self, problems: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, "b numbers"]:
        """Return the two places of every swap, one after another, from 0."""
        return self.form.swaps(answer).flatten(1).double()

    def judged(self, problems: Batch, answer: Float[Tensor, "b *answer"]) -> Mapping[str, Sequence[Any]]:
        """Return how many swaps a plan makes, a place with itself not counted, and the share of places right."""
        swaps, end = self.form.swaps(answer), self.form.end(problems, answer)
        right = (end == torch.arange(end.shape[1])).double().mean(1)
        return {"swaps": (swaps[..., 0] != swaps[..., 1]).sum(1).tolist(), "places": right.tolist()}

    def pictures(self, problem: Batch, way: Float[Tensor, "visits *answer"]) -> Sequence[Picture]:
        """Return the array before each swap and after the last, by rank, light for the least and dark for the most."""
        values = self.form.values(problem.x).expand(len(way), -1)
        return [shaded(states.double().numpy()) for states in replay(values, self.form.swaps(way))]

    def shown(self, problem: Batch, answer: Float[Tensor, "1 *answer"]) -> str:
        """Return the swaps that change something, as places from 0."""
        pairs = [f"{i}-{j}" for i, j in self.form.swaps(answer)[0].tolist() if i != j]
        return f"swap places {', '.join(pairs)}\n" if pairs else "no swap\n"
