"""A user's own problems as arrays of numbers: read from NumPy or CSV files, their answers written and drawn."""

import io
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ravine import arrays
from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.files import OwnProblems, Picture, ProblemFiles

Numbers = NDArray[np.float64]


class ArrayFiles(ProblemFiles):
    """One problem or a stack of them: .npy, .npz or .csv.

    `axes`: of one problem's array, 1 (a line of a CSV file) or 2 (square matrices, below one another in a CSV file).
    """

    formats = (".npy", ".csv")
    axes: ClassVar[int] = 2

    @abstractmethod
    def problems(self, stack: Numbers, file: Path) -> OwnProblems:
        """Return the problems that arrays, (b, ...), stand for; an `InputError` names the first fault."""

    def read(self, file: Path) -> OwnProblems:
        """Return the problems in a file, of any one size."""
        stack = self.stack(arrays.read(file), file)
        if not len(stack):
            raise InputError(f"{file}: holds no problem")
        for index in np.flatnonzero(~fits_float32(stack).reshape(len(stack), -1).all(1))[:1]:
            raise InputError(f"{file}: problem {index} has entries that are not finite in float32")
        return self.problems(stack, file)

    def stack(self, array: Numbers, file: Path) -> Numbers:
        """Return a file's array as a stack of problems, (b, ...)."""
        return stacked(array, self.axes, file)

    def written(self, problems: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *written"]:
        """Return the numbers that are written for each answer: the answer itself, unless a task says otherwise."""
        return answer

    def content(self, suffix: str, problems: Batch, answer: Float[Tensor, "b *answer"]) -> bytes:
        """Return what is written for the answers as a stack (.npy) or below one another (.csv)."""
        numbers, file = self.written(problems, answer).numpy(), io.BytesIO()
        if suffix == ".csv":
            np.savetxt(file, numbers.reshape(-1, numbers.shape[-1]), delimiter=",", fmt="%.9g")
        else:
            np.save(file, numbers)
        return file.getvalue()

    def judged(self, problems: Batch, answer: Float[Tensor, "b *answer"]) -> Mapping[str, Sequence[Any]]:
        """Return nothing beside the task's own checks, unless a task says otherwise."""
        return {}

    def pictures(self, problem: Batch, way: Float[Tensor, "visits *answer"]) -> Sequence[Picture]:
        """Return what is written for the answer after each landscape, shaded from its least to its greatest number."""
        return [shaded(numbers) for numbers in self.written(problem, way).numpy()]


def shaded(numbers: Numbers) -> Picture:
    """Return a picture of numbers, rows of the last axis below one another, white at the least and dark at the most."""
    grid = numbers.reshape(-1, numbers.shape[-1])
    least, most = grid.min(), grid.max()
    return Picture((grid - least) / (most - least if most > least else 1.0), logarithmic=False)


def fits_float32(numbers: Numbers) -> NDArray[np.bool_]:
    """Return which numbers are finite in float32."""
    inside: NDArray[np.bool_] = np.abs(numbers) <= np.finfo(np.float32).max
    return inside


def stacked(array: Numbers, axes: int, file: Path) -> Numbers:
    """Return one problem of `axes` axes, or several, as a stack; a CSV file's matrices lie below one another."""
    if axes == 2 and array.ndim == 2 and file.suffix.lower() == ".csv" and array.shape[0] > array.shape[1] > 0:
        rows, n = array.shape
        if rows % n:
            raise InputError(f"{file}: {rows} rows of {n} numbers are no stack of {n} x {n} matrices")
        return array.reshape(-1, n, n)
    if array.ndim == axes:
        return array[None]
    if array.ndim != axes + 1:
        one = "one n x n matrix or a stack (count, n, n)" if axes == 2 else "one line of numbers or a stack (count, n)"
        raise InputError(f"{file}: an array of shape {array.shape}; give {one}")
    return array
