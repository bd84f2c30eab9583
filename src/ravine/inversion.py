"""A user's own matrices, inverted by a trained run."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ravine import arrays, runs
from ravine.errors import CheckpointError, InputError
from ravine.report import figures
from ravine.solving import Answers
from ravine.tasks.matrix import Inverse
from ravine.training.checkpoint import write_atomically

Matrices = NDArray[np.float64]
FORMATS = (".npy", ".csv")


@dataclass(frozen=True)
class Inverted:
    """Predicted inverses of `matrices`, (b, n, n), beside the exact ones, and how they came about."""

    matrices: Matrices
    exact: Matrices
    answers: Answers

    @property
    def inverses(self) -> Matrices:
        """The predicted inverses, (b, n, n)."""
        predicted: Matrices = self.answers.answer.numpy()
        return predicted

    def summary(self) -> dict[str, Any]:
        """Return for every matrix: residual, distance to the exact inverse, MSE, condition number, energy."""
        error = self.inverses - self.exact
        columns = {
            "residual": self.answers.residual.numpy(),
            "distance": np.linalg.norm(error, axis=(1, 2)) / np.linalg.norm(self.exact, axis=(1, 2)),
            "mse": (error**2).mean((1, 2)),
            "condition": np.linalg.cond(self.matrices),
            "energy": self.answers.energy.numpy(),
        }
        rows = [{key: float(values[i]) for key, values in columns.items()} for i in range(len(error))]
        return {"matrices": rows, "energy_evaluations": self.answers.solution.evaluations}


def invert(run: Path, file: Path, steps: int | None = None, restarts: int | None = None, seed: int = 0) -> Inverted:
    """Invert the matrices in `file` with the averaged energy of a run."""
    loaded = runs.load(run)
    if not isinstance(loaded.task, Inverse):
        raise InputError(f"{run}: trained on {loaded.task.name}, not on inversion; solve needs an inverse run")
    matrices = checked(stacked(arrays.read(file), file), file)
    n = matrices.shape[1]
    if n != loaded.task.n:
        loaded = resized(loaded, loaded.task.n, n, file)
    exact: Matrices = np.linalg.inv(matrices).astype(np.float64)
    return Inverted(matrices, exact, loaded.solve(matrices, steps, restarts, seed))


def resized(loaded: runs.LoadedRun, trained: int, n: int, file: Path) -> runs.LoadedRun:
    """Return the same weights for n x n matrices; an `InputError` if they have another size in them."""
    try:
        return runs.load(loaded.directory.path, overrides=[f"task.n={n}"])
    except CheckpointError:
        sizes = f"matrices of {n} x {n}, but the run was trained on {trained} x {trained}"
        raise InputError(
            f"{file}: {sizes}, and the weights of its {loaded.config.energy.name} energy fit no other size"
        ) from None


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


def check_output(out: Path) -> None:
    """Raise an `InputError` if predictions cannot be written to a file of this name."""
    if out.suffix.lower() not in FORMATS:
        raise InputError(f"--out {out}: write to a {' or '.join(FORMATS)} file")


def write(out: Path, inverses: Matrices) -> None:
    """Write the inverses: .npy keeps the stack, .csv has the matrices below one another."""
    out.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    if out.suffix.lower() == ".csv":
        np.savetxt(content, inverses.reshape(-1, inverses.shape[2]), delimiter=",", fmt="%.9g")
    else:
        np.save(content, inverses)
    write_atomically(out, content.getvalue())


def draw(result: Inverted, path: Path) -> None:
    """Draw how the first matrix's answer formed along the landscapes."""
    way, factor = result.answers.solution.trajectory, float(result.answers.factor[0])
    errors = np.abs(way.answers[:, 0].double().cpu().numpy() * factor - result.exact[0])
    energies = way.energies[:, :, 0].double().cpu().numpy()
    means = (errors**2).mean((1, 2))
    path.parent.mkdir(parents=True, exist_ok=True)
    figures.save(figures.answer_forming(errors, energies, means), path)
