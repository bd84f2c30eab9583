"""A user's own matrices, inverted by a trained run."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray

from ravine import build, runs
from ravine.errors import InputError
from ravine.report import figures
from ravine.seeding import Seeds
from ravine.solver import Solution
from ravine.tasks.matrix import Inverse
from ravine.training.checkpoint import write_atomically

Matrices = NDArray[np.float64]
FORMATS = (".npy", ".csv")


@dataclass(frozen=True)
class Inverted:
    """Predicted inverses of `matrices`, (b, n, n), beside the exact ones, and how they came about."""

    matrices: Matrices
    inverses: Matrices
    exact: Matrices
    solution: Solution

    def summary(self) -> dict[str, Any]:
        """Return for every matrix: residual, distance to the exact inverse, MSE, condition number, energy."""
        identity = np.eye(self.matrices.shape[1])
        error = self.inverses - self.exact
        residual = np.linalg.norm(self.matrices @ self.inverses - identity, axis=(1, 2)) / np.linalg.norm(identity)
        distance = np.linalg.norm(error, axis=(1, 2)) / np.linalg.norm(self.exact, axis=(1, 2))
        columns = {
            "residual": residual,
            "distance": distance,
            "mse": (error**2).mean((1, 2)),
            "condition": np.linalg.cond(self.matrices),
            "energy": self.solution.energy.double().cpu().numpy(),
        }
        rows = [{key: float(values[i]) for key, values in columns.items()} for i in range(len(error))]
        return {"matrices": rows, "energy_evaluations": self.solution.evaluations}


def invert(run: Path, file: Path, steps: int | None = None, restarts: int | None = None, seed: int = 0) -> Inverted:
    """Invert the matrices in `file` with the averaged energy of a run."""
    loaded = runs.load(run)
    if not isinstance(loaded.task, Inverse):
        raise InputError(f"{run}: trained on {loaded.task.name}, not on inversion; solve needs an inverse run")
    matrices = checked(read(file), loaded.task.n, file)
    where = build.device(loaded.config)
    solver = build.solver(loaded.config, loaded.task, steps)
    x = torch.from_numpy(matrices).float()[:, None].to(where)
    generator = Seeds(seed).child("solve").generator()
    inverses: Matrices = np.linalg.inv(matrices).astype(np.float64)
    count = restarts or loaded.config.solve.restarts
    starts = torch.randn((count, *matrices.shape), generator=generator).to(where)
    solution = solver.solve(loaded.energy, x, starts)
    return Inverted(matrices, solution.answer.double().cpu().numpy(), inverses, solution)


def read(file: Path) -> Matrices:
    """Return the matrices in a .npy, .npz or .csv file as (b, n, m)."""
    try:
        if file.suffix == ".csv":
            array = rows_of(file)
        elif file.suffix in {".npy", ".npz"}:
            with file.open("rb") as stream:
                array = only_array(np.load(stream, allow_pickle=False), file)
        else:
            raise InputError(f"{file}: not a .npy, .npz or .csv file")
        array = real(array)
    except FileNotFoundError:
        raise InputError(f"{file}: no such file") from None
    except (ValueError, TypeError, OSError, EOFError, BadZipFile) as error:
        raise InputError(f"{file}: cannot be read as numbers ({error})") from None
    return stacked(array, file)


def rows_of(file: Path) -> Matrices:
    """Return the numbers in a CSV file, row by row; a `ValueError` if there are none."""
    with warnings.catch_warnings(action="ignore"):
        array: Matrices = np.loadtxt(file, delimiter=",", ndmin=2)
    if not array.size:
        raise ValueError("it is empty")
    return array


def real(array: Any) -> Matrices:
    """Return what was read as float64; a `TypeError` if it is not of real numbers."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise TypeError(f"holds {getattr(array, 'dtype', type(array).__name__)}, not real numbers")
    return array.astype(np.float64)


def stacked(array: Matrices, file: Path) -> Matrices:
    """Return one matrix or a stack as (b, n, m); a CSV file's matrices lie below one another."""
    if array.ndim == 2 and file.suffix == ".csv" and array.shape[0] > array.shape[1] > 0:
        rows, n = array.shape
        if rows % n:
            raise InputError(f"{file}: {rows} rows of {n} numbers are no stack of {n} x {n} matrices")
        return array.reshape(-1, n, n)
    if array.ndim == 2:
        return array[None]
    if array.ndim != 3:
        raise InputError(f"{file}: an array of shape {array.shape}; give one n x n matrix or a stack (count, n, n)")
    return array


def only_array(content: Any, file: Path) -> Any:
    """Return the one array of what numpy read; an `InputError` if an archive holds several."""
    if not isinstance(content, np.lib.npyio.NpzFile):
        return content
    with content as archive:
        if len(archive.files) != 1:
            raise InputError(
                f"{file}: holds {len(archive.files)} arrays ({', '.join(archive.files)}); give a file of one"
            )
        return archive[archive.files[0]]


def checked(matrices: Matrices, n: int, file: Path) -> Matrices:
    """Return the matrices if a run on n x n inversion can take them; an `InputError` names the first that is unfit."""
    count, rows, columns = matrices.shape
    if rows != columns:
        raise InputError(f"{file}: matrices of {rows} x {columns}, not square")
    if rows != n:
        raise InputError(f"{file}: matrices of {rows} x {rows}, but the run was trained on {n} x {n}")
    if count == 0:
        raise InputError(f"{file}: holds no matrix")
    for index, matrix in enumerate(matrices):
        if not (np.abs(matrix) <= np.finfo(np.float32).max).all():
            raise InputError(f"{file}: matrix {index} has entries that are not finite in float32")
        if np.linalg.matrix_rank(matrix) < n:
            raise InputError(f"{file}: matrix {index} is singular; it has no inverse")
    return matrices


def check_output(out: Path) -> None:
    """Raise an `InputError` if predictions cannot be written to a file of this name."""
    if out.suffix not in FORMATS:
        raise InputError(f"--out {out}: write to a {' or '.join(FORMATS)} file")


def write(out: Path, inverses: Matrices) -> None:
    """Write the inverses: .npy keeps the stack, .csv has the matrices below one another."""
    out.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    if out.suffix == ".csv":
        np.savetxt(content, inverses.reshape(-1, inverses.shape[2]), delimiter=",", fmt="%.9g")
    else:
        np.save(content, inverses)
    write_atomically(out, content.getvalue())


def draw(result: Inverted, path: Path) -> None:
    """Draw how the first matrix's answer formed along the landscapes."""
    way = result.solution.trajectory
    errors = np.abs(way.answers[:, 0].double().cpu().numpy() - result.exact[0])
    energies = way.energies[:, :, 0].double().cpu().numpy()
    means = (errors**2).mean((1, 2))
    path.parent.mkdir(parents=True, exist_ok=True)
    figures.save(figures.answer_forming(errors, energies, means), path)
