"""What the procedure demands of its arguments: each check raises a `ValueError` with one clear sentence."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ravine.statistics.distributions import FloatArray


def vector(values: npt.ArrayLike, name: str) -> FloatArray:
    """The values as a float64 array of shape (n,); ValueError for any other shape."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} must be a vector not an array of shape {array.shape}.")
    return array


def finite_vector(values: npt.ArrayLike, name: str) -> FloatArray:
    """The values as a finite float64 array of shape (n,); ValueError where one is NaN or infinite."""
    array = vector(values, name)
    if not np.isfinite(array).all():
        at = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ValueError(f"{name}[{at}] is {array[at]}: impute diverged runs before comparing them.")
    return array


def same_length(a: FloatArray, b: FloatArray) -> None:
    """ValueError unless both vectors have the same length, so that they can be paired."""
    if len(a) != len(b):
        raise ValueError(f"paired values need equal lengths, but a has {len(a)} and b has {len(b)}.")


def fraction(value: float, name: str) -> None:
    """ValueError unless the value lies strictly between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie strictly between 0 and 1, not {value}.")


def finite(value: float, name: str) -> None:
    """ValueError unless the value is finite."""
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, not {value}.")


def positive(value: float, name: str) -> None:
    """ValueError unless the value is finite and above 0."""
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be finite and above 0, not {value}.")


def at_least(value: int, least: int, name: str) -> None:
    """ValueError unless the count is `least` or more."""
    if value < least:
        raise ValueError(f"{name} must be {least} or more, not {value}.")
