"""A user's numbers, read from a file."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ravine import delimited
from ravine.errors import InputError, why

Numbers = NDArray[np.float64]
ENTRIES = 2**19
"""About so many numbers of a file are held at once, where it is read in pieces."""


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Turn what goes wrong with a user's file into an `InputError` that names it."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{file}: no such file") from None
    except (ValueError, TypeError, OSError, EOFError, BadZipFile, csv.Error) as error:
        raise InputError(f"{file}: cannot be read as numbers ({why(error)})") from None


def read(file: Path) -> Numbers:
    """Return the numbers in a .npy, .npz or .csv file, the latter's as (rows, columns).

    Raises `InputError` for a file that is missing, of another kind, broken, or not of real numbers.
    """
    if file.suffix.lower() == ".csv":
        return np.concatenate(list(rows(file, lambda columns: 1)))
    return mapped(file).astype(np.float64)


def rows(file: Path, lines: Callable[[int], int]) -> Iterator[Numbers]:
    """Yield the rows of a .csv file, about `ENTRIES` numbers at a time: a multiple of `lines(columns)` rows."""

    def size(columns: int) -> int:
        return max(1, ENTRIES // (columns * lines(columns))) * lines(columns)

    with reading(file):
        with file.open("rb") as stream:
            encoding = delimited.encoding(stream.read(4))
        with file.open(encoding=encoding) as text:
            yield from delimited.pieces(text, size)


def mapped(file: Path) -> NDArray[Any]:
    """Return the one array of real numbers in a .npy or .npz file: the former's stays in the file until it is used."""
    with reading(file):
        if file.suffix.lower() == ".npy":
            return real(np.lib.format.open_memmap(file, mode="r"))
        if file.suffix.lower() != ".npz":
            raise InputError(f"{file}: not a .npy, .npz or .csv file")
        with file.open("rb") as stream:
            return real(only_array(np.load(stream, allow_pickle=False), file))


def real(array: Any) -> NDArray[Any]:
    """Return what was read; a `TypeError` if it is not of real numbers."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise TypeError(f"holds {getattr(array, 'dtype', type(array).__name__)}, not real numbers")
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
