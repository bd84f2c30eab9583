"""What was measured on trained energies, where it was: landscapes and inference budgets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ravine.report.reading.directory import held
from ravine.report.reading.subject import Facts, Run, Subject, mapping, real

Upgrade = Callable[[Facts], Facts]
EACH = 10
"""Runs of an arm that are read: their mean hardly moves with more, and the files are long."""


@dataclass(frozen=True)
class Measured:
    """One arm's measurements on one split, by seed."""

    arm: str
    runs: tuple[Run, ...]
    entries: tuple[Facts, ...]


def measurements(subject: Subject, file: str, upgrade: Upgrade = dict) -> dict[str, list[Measured]]:
    """Return split -> what the runs' files of this name hold, arm by arm; arms without any are left out.

    `upgrade`: makes of a file's content what it is today.
    """
    found: dict[str, list[Measured]] = {}
    for arm, runs in subject.by_arm.items():
        having = [run for run in runs if (run.path / file).exists()][:EACH]
        contents = [mapping(upgrade(held(run.path / file)).get("splits")) for run in having]
        for split in dict.fromkeys(split for content in contents for split in content):
            pairs = [(run, content[split]) for run, content in zip(having, contents, strict=True) if content.get(split)]
            if pairs:
                measured = Measured(arm, tuple(run for run, _ in pairs), tuple(entry for _, entry in pairs))
                found.setdefault(split, []).append(measured)
    return {split: found[split] for split in subject.splits if split in found}


def matrix(value: Any) -> NDArray[np.float64] | None:
    """Return a list of rows of numbers as an array, null as nan; None where it is none."""
    rows: Sequence[Any] = value if isinstance(value, list) else []
    width = {len(row) for row in rows if isinstance(row, list)}
    if len(width) != 1 or 0 in width or not all(isinstance(row, list) for row in rows):
        return None
    return np.array([[real(cell) for cell in row] for row in rows])


def vector(value: Any) -> NDArray[np.float64]:
    """Return a list of numbers as an array, null as nan."""
    return np.array([real(cell) for cell in value] if isinstance(value, list) else [], dtype=float)
