"""A user's own matrices: read from NumPy or CSV files, their inverses written, judged and drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.array_files import ArrayFiles, Numbers
from ravine.tasks.files import OwnProblems, Picture


class InverseFiles(ArrayFiles):
    """One n x n matrix or a stack of them: .npy, .npz or .csv, where matrices lie below one another."""

    title = "|answer - exact inverse| after each landscape"
    headings: ClassVar[Mapping[str, str]] = {
        "residual": "|AY - I| / sqrt n",
        "distance": "|Y - inverse| / |inverse|",
        "mse": "MSE",
    }

    def problems(self, stack: Numbers, file: Path) -> OwnProblems:
        """Return the matrices in a file, of any one size; all must have inverses."""
        x = torch.from_numpy(checked(stack, file))
        return OwnProblems(Batch(x[:, None], torch.zeros_like(x)), {"n": x.shape[-1]})

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


def inverses(problems: Batch) -> Numbers:
    """Return the exact inverses."""
    exact: Numbers = np.linalg.inv(problems.x[:, 0].numpy()).astype(np.float64)
    return exact


def checked(matrices: Numbers, file: Path) -> Numbers:
    """Return the matrices if they have inverses; an `InputError` names the first that has none."""
    rows, columns = matrices.shape[1:]
    if rows != columns:
        raise InputError(f"{file}: matrices of {rows} x {columns}, not square")
    for index, matrix in enumerate(matrices):
        if np.linalg.matrix_rank(matrix) < rows:
            raise InputError(f"{file}: matrix {index} is singular; it has no inverse")
    return matrices
