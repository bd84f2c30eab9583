"""A user's own matrices: read from NumPy or CSV files, their inverses written, judged and drawn."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ravine import arrays
from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.files import OwnProblems, Picture, ProblemFiles

Matrices = NDArray[np.float64]


class InverseFiles(ProblemFiles):
    """One n x n matrix or a stack of them: .npy, .npz or .csv, where matrices lie below one another."""

    formats = (".npy", ".csv")
    title = "|answer - exact inverse| after each landscape"
    headings: ClassVar[Mapping[str, str]] = {
        "residual": "|AY - I| / sqrt n",
        "distance": "|Y - inverse| / |inverse|",
        "mse": "MSE",
    }

    def read(self, file: Path) -> OwnProblems:
        """Return the matrices in a file, of any one size; all must have inverses."""
        x = torch.from_numpy(checked(stacked(arrays.read(file), file), file))
        return OwnProblems(Batch(x[:, None], torch.zeros_like(x)), {"n": x.shape[-1]})

    def content(self, suffix: str, problems: Batch, answer: Float[Tensor, "b n n"]) -> bytes:
        """Return the inverses as a stack (.npy) or below one another (.csv)."""
        written = io.BytesIO()
        if suffix == ".csv":
            np.savetxt(written, answer.flatten(0, 1).numpy(), delimiter=",", fmt="%.9g")
        else:
            np.save(written, answer.numpy())
        return written.getvalue()

    def judged(self, problems: Batch, answer: Float[Tensor, "b n n"]) -> Mapping[str, Sequence[Any]]:
        """Return the distance to the exact inverse, relative and as a mean squared error, and the condition number."""
        matrices, exact = problems.x[:, 0].numpy(), inverses(problems)
        error = answer.numpy() - exact
        distance = np.linalg.norm(error, axis=(1, 2)) / np.linalg.norm(exact, axis=(1, 2))
        columns = {
            "distance": distance,
            "mse": (error**2).mean((1, 2)),
            "condition": np.linalg.cond(matrices),
        }
        return {name: values.tolist() for name, values in columns.items()}

    def pictures(self, problem: Batch, way: Float[Tensor, "visits n n"]) -> Sequence[Picture]:
        """Return |answer - exact inverse| after each landscape."""
        return [Picture(np.abs(answer.numpy() - inverses(problem)[0])) for answer in way]


def inverses(problems: Batch) -> Matrices:
    """Return the exact inverses."""
    exact: Matrices = np.linalg.inv(problems.x[:, 0].numpy()).astype(np.float64)
    return exact


def stacked(array: Matrices, file: Path) -> Matrices:
    """Return one matrix or a stack as (b, n, m); a CSV file's matrices lie below one another."""
    if array.ndim == 2 and file.suffix.lower() == ".csv" and array.shape[0] > array.shape[1] > 0:
        rows, n = array.shape
        if rows % n:
            raise InputError(f"{file}: {rows} rows of {n} numbers are no stack of {n} x {n} matrices")
        return array.reshape(-1, n, n)
    if array.ndim == 2:
        return array[None]
    if array.ndim != 3:
        raise InputError(f"{file}: an array of shape {array.shape}; give one n x n matrix or a stack (count, n, n)")
    return array


def checked(matrices: Matrices, file: Path) -> Matrices:
    """Return the matrices if they have inverses; an `InputError` names the first that has none."""
    count, rows, columns = matrices.shape
    if rows != columns:
        raise InputError(f"{file}: matrices of {rows} x {columns}, not square")
    if count == 0:
        raise InputError(f"{file}: holds no matrix")
    for index, matrix in enumerate(matrices):
        if not (np.abs(matrix) <= np.finfo(np.float32).max).all():
            raise InputError(f"{file}: matrix {index} has entries that are not finite in float32")
        if np.linalg.matrix_rank(matrix) < rows:
            raise InputError(f"{file}: matrix {index} is singular; it has no inverse")
    return matrices
