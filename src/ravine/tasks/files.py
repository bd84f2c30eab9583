"""The contract of a user's own problems: how a task reads them, and writes, judges and draws their answers."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import InputError


@dataclass(frozen=True)
class Picture:
    """A grid of numbers to be shaded, (rows, columns), on a logarithmic scale or from 0 to 1; NaN is left white.

    `texts`: what is written in the cells; `wrong`: which of them are marked; `rulers`: every how many rows and columns
    a line is drawn.
    """

    values: NDArray[np.float64]
    logarithmic: bool = True
    texts: Sequence[Sequence[str]] | None = None
    wrong: NDArray[np.bool_] | None = None
    rulers: tuple[int, int] | None = None


@dataclass(frozen=True)
class Board:
    """A board of symbols: `symbols` are those of values 0, 1, ...; a line is drawn every so many rows and columns."""

    symbols: str
    rulers: tuple[int, int]


@dataclass(frozen=True)
class OwnProblems:
    """Problems from a file, in float64 on the CPU, right answers only at given entries.

    `fields`: of the task's configuration, where the problems are of another size than it says.
    """

    batch: Batch
    fields: Mapping[str, Any] = field(default_factory=dict)


class ProblemFiles(ABC):
    """A task's way with files.

    `formats`: the suffixes that answers can be written to, the default first; `title`: of the pictures;
    `headings`: of columns whose key is not what a person reads.
    """

    formats: ClassVar[tuple[str, ...]]
    title: ClassVar[str]
    headings: ClassVar[Mapping[str, str]] = {}

    @property
    def board(self) -> Board | None:
        """How the answers' digits are laid out, where they are a board."""
        return None

    @abstractmethod
    def read(self, file: Path) -> OwnProblems:
        """Return the problems in a file; an `InputError` names the first fault and where it is."""

    def pieces(self, file: Path) -> Iterator[OwnProblems]:
        """Yield the problems in a file, some at a time; all at once where the file must be read whole."""
        yield self.read(file)

    def content(self, suffix: str, problems: Batch, answer: Float[Tensor, "b *answer"]) -> bytes:
        """Return the content of a file of answers with one of the `formats`."""
        return self.heading(suffix, len(answer), problems, answer) + self.body(suffix, problems, answer)

    def heading(self, suffix: str, count: int, problems: Batch, answer: Float[Tensor, "b *answer"]) -> bytes:
        """Return what a file of `count` answers, `answer` among them, begins with; as many bytes whatever the count."""
        return b""

    @abstractmethod
    def body(self, suffix: str, problems: Batch, answer: Float[Tensor, "b *answer"]) -> bytes:
        """Return what stands in a file for these answers, to be followed by that for further ones."""

    @abstractmethod
    def judged(self, problems: Batch, answer: Float[Tensor, "b *answer"]) -> Mapping[str, Sequence[Any]]:
        """Return what is known of each answer, by key; an exact method may be asked."""

    @abstractmethod
    def pictures(self, problem: Batch, way: Float[Tensor, "visits *answer"]) -> Sequence[Picture]:
        """Return one problem's answer after each landscape visited, to be drawn side by side."""

    def shown(self, problem: Batch, answer: Float[Tensor, "1 *answer"]) -> str:
        """Return one answer as text for a terminal; empty where numbers say enough."""
        return ""

    def check_output(self, out: Path) -> None:
        """Raise an `InputError` if answers cannot be written to a file of this name."""
        if out.suffix.lower() not in self.formats:
            raise InputError(f"--out {out}: write to a {' or '.join(self.formats)} file")
