"""A user's own problems of matrices: read from NumPy or CSV files, their answers written, judged and drawn."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.array_files import ArrayFiles, Numbers
from ravine.tasks.base import Conditioned
from ravine.tasks.files import OwnProblems, Picture


@runtime_checkable
class HasMethod(Protocol):
    """A task of matrices that a method solves exactly."""

    def shapes(self, n: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the shapes of one problem and one answer of size `n`."""
        ...

    def answer(self, x: Float[Tensor, "b *problem"]) -> Float[Tensor, "b *answer"]:
        """Return the right answers to problems of any one size."""
        ...

    def faults(self, x: Float[Tensor, "b *problem"]) -> Iterator[tuple[Bool[Tensor, " b"], str]]:
        """Yield what keeps arrays from being problems: which of them, (b,), and why."""
        ...


class MatrixFiles(ArrayFiles):
    """One problem or a stack of them: .npy, .npz or .csv, where the rows of all problems lie below one another."""

    title = "|answer - exact answer| after each landscape"
    headings: ClassVar[Mapping[str, str]] = {"distance": "|Y - exact| / |exact|", "mse": "MSE"}

    def __init__(self, task: HasMethod) -> None:
        self.task = task

    def stack(self, array: NDArray[Any], file: Path) -> NDArray[Any]:
        """Return a file's array as a stack of problems, (b, ...)."""
        form = self.form(array.shape[-1] if array.ndim else 0)
        rows = prod(form[:-1])
        lines = file.suffix.lower() == ".csv" and array.ndim == 2 and rows > 0
        if lines and (len(form) != 2 or len(array) > rows):
            if len(array) % rows:
                raise InputError(
                    f"{file}: {len(array)} rows of {form[-1]} numbers are no stack of {times(form)} matrices"
                )
            return array.reshape(-1, *form)
        if array.ndim not in (len(form), len(form) + 1):
            wanted = times("n" * len(form))
            raise InputError(
                f"{file}: an array of shape {array.shape}; give one problem of {wanted} or a stack of such"
            )
        return array if array.ndim > len(form) else array[None]

    def lines(self, columns: int) -> int:
        """Return how many lines of a CSV file hold one problem."""
        return max(1, prod(self.form(columns)[:-1]))

    def problems(self, stack: Numbers, file: Path) -> OwnProblems:
        """Return the problems in a file, of any one size; an `InputError` names the first that is none."""
        form = self.form(stack.shape[-1])
        if stack.shape[1:] != form:
            square = len(set(form)) == 1
            raise InputError(f"{file}: matrices of {times(stack.shape[1:])}, not {'square' if square else times(form)}")
        n = self.side(stack.shape[-1])
        x_shape, y_shape = self.task.shapes(n)
        x = torch.from_numpy(stack).reshape(-1, *x_shape)
        for bad, why in self.task.faults(x):
            for index in bad.nonzero()[:1]:
                raise InputError(f"{file}: matrix {int(index)} {why}")
        return OwnProblems(Batch(x, x.new_zeros(len(x), *y_shape)), {"n": n})

    def side(self, columns: int) -> int:
        """Return the size n of problems that have so many columns."""
        extra = self.task.shapes(2)[0][-1] - 2
        return columns - extra

    def form(self, columns: int) -> tuple[int, ...]:
        """Return the shape of one problem of so many columns, as users write it: a single matrix has no third axis."""
        shape = self.task.shapes(max(self.side(columns), 0))[0]
        return shape[1:] if shape[0] == 1 and len(shape) == 3 else shape

    def judged(self, problems: Batch, answer: Float[Tensor, "b *answer"]) -> Mapping[str, Sequence[Any]]:
        """Return the distance to the exact answer, relative and as a mean squared error, and a condition number."""
        exact = self.task.answer(problems.x)
        error = (answer - exact).flatten(1)
        columns = {
            "distance": error.norm(dim=1) / exact.flatten(1).norm(dim=1),
            "mse": error.square().mean(1),
            **({"condition": self.task.condition_number(problems.x)} if isinstance(self.task, Conditioned) else {}),
        }
        return {name: values.tolist() for name, values in columns.items()}

    def pictures(self, problem: Batch, way: Float[Tensor, "visits *answer"]) -> Sequence[Picture]:
        """Return |answer - exact answer| after each landscape."""
        exact = self.task.answer(problem.x)
        errors = (way - exact).abs().numpy()
        return [Picture(np.atleast_2d(error.reshape(-1, error.shape[-1]))) for error in errors]


def times(shape: Sequence[object]) -> str:
    """Return a shape in words."""
    return " x ".join(map(str, shape))
