"""A user's own problems as arrays of numbers: read from NumPy or CSV files, their answers written and drawn."""

import io
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ravine import arrays
from ravine.batch import Batch, joined
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
        parts = list(self.pieces(file))
        return OwnProblems(joined([part.batch for part in parts]), parts[0].fields)

    def pieces(self, file: Path) -> Iterator[OwnProblems]:
        """Yield the problems in a file, about `arrays.ENTRIES` numbers at a time."""
        first = 0
        for numbers in self.mapped(file) if file.suffix.lower() != ".csv" else arrays.rows(file, self.lines):
            try:
                stack = self.stack(numbers, file) if file.suffix.lower() == ".csv" else numbers
                yield self.checked(stack, file)
            except InputError as error:
                raise InputError(f"{error}; counted from problem {first}" if first else str(error)) from None
            first += len(stack)

    def mapped(self, file: Path) -> Iterator[Numbers]:
        """Yield the problems of a NumPy file as stacks; no page of one that was mapped stays in memory."""
        stack = self.stack(arrays.mapped(file), file)
        size = max(1, arrays.ENTRIES // max(1, prod(stack.shape[1:])))
        for first in range(0, max(1, len(stack)), size):
            yield np.array(stack[first : first + size], np.float64)
            if isinstance(stack, np.memmap):
                stack = self.stack(arrays.mapped(file), file)

    def checked(self, stack: Numbers, file: Path) -> OwnProblems:
        """Return the problems that arrays stand for; an `InputError` names the first that is none."""
        if not len(stack):
            raise InputError(f"{file}: holds no problem")
        for index in np.flatnonzero(~fits_float32(stack).reshape(len(stack), -1).all(1))[:1]:
            raise InputError(f"{file}: problem {index} has entries that are not finite in float32")
        return self.problems(stack, file)

    def lines(self, columns: int) -> int:
        """Return how many lines of a CSV file, of so many numbers each, hold one problem."""
        return columns if self.axes == 2 else 1

    def stack(self, array: NDArray[Any], file: Path) -> NDArray[Any]:
        """Return a file's array as a stack of problems, (b, ...)."""
        return stacked(array, self.axes, file)

    def written(self, problems: Batch, answer: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *written"]:
        """Return the numbers that are written for each answer: the answer itself, unless a task says otherwise."""
        return answer

    def heading(self, suffix: str, count: int, problems: Batch, answer: Float[Tensor, "b *answer"]) -> bytes:
        """Return the header of a NumPy file, which leaves room for any count."""
        if suffix == ".csv":
            return b""
        one, file = self.written(problems.rows(slice(1)), answer[:1]).numpy(), io.BytesIO()
        form = {"descr": one.dtype.str, "fortran_order": False, "shape": (count, *one.shape[1:])}
        np.lib.format.write_array_header_1_0(file, form)
        return file.getvalue()

    def body(self, suffix: str, problems: Batch, answer: Float[Tensor, "b *answer"]) -> bytes:
        """Return what is written for the answers as a stack (.npy) or below one another (.csv)."""
        numbers, file = self.written(problems, answer).numpy(), io.BytesIO()
        if suffix != ".csv":
            return numbers.tobytes()
        np.savetxt(file, numbers.reshape(-1, numbers.shape[-1]), delimiter=",", fmt="%.9g")
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


def stacked(array: NDArray[Any], axes: int, file: Path) -> NDArray[Any]:
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
