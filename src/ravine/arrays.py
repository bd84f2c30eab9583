"""A user's numbers, read from a file."""

import csv
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ravine import delimited
from ravine.errors import InputError

Numbers = NDArray[np.float64]


def read(file: Path) -> Numbers:
    """Return the numbers in a .npy, .npz or .csv file, the latter's as (rows, columns).

    Raises `InputError` for a file that is missing, of another kind, broken, or not of real numbers.
    """
    suffix = file.suffix.lower()
    try:
        if suffix == ".csv":
            return delimited.numbers(delimited.decoded(file.read_bytes()))
        if suffix not in {".npy", ".npz"}:
            raise InputError(f"{file}: not a .npy, .npz or .csv file")
        with file.open("rb") as stream:
            return real(only_array(np.load(stream, allow_pickle=False), file))
    except FileNotFoundError:
        raise InputError(f"{file}: no such file") from None
    except (ValueError, TypeError, OSError, EOFError, BadZipFile, csv.Error) as error:
        raise InputError(f"{file}: cannot be read as numbers ({error})") from None


def real(array: Any) -> Numbers:
    """Return what was read as float64; a `TypeError` if it is not of real numbers."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise TypeError(f"holds {getattr(array, 'dtype', type(array).__name__)}, not real numbers")
    return array.astype(np.float64)


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
