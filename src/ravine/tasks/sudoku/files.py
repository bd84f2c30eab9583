"""A user's own boards: read from text or CSV, their answers written, judged and drawn."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import InputError, why
from ravine.tasks.files import Board, OwnProblems, Picture, ProblemFiles
from ravine.tasks.sudoku.encoding import batch_of, clues_of, digits_of
from ravine.tasks.sudoku.exact import solutions
from ravine.tasks.sudoku.shape import Box, square
from ravine.tasks.sudoku.text import HEADERS, SYMBOLS, draw_board, read_boards, write_board


@dataclass(frozen=True)
class BoardFiles(ProblemFiles):
    """Boards as lines of n n characters, `0` or `.` where empty, with or without `,solution`; `box`: of the run."""

    box: Box

    formats: ClassVar[tuple[str, ...]] = (".txt", ".csv")
    headings: ClassVar[Mapping[str, str]] = {"wrong_cells": "wrong cells"}
    title = "The answer after each landscape: the darker, the surer; wrong digits in colour"

    @property
    def board(self) -> Board:
        """Digits from 1, a line round every box."""
        return Board(SYMBOLS[1 : self.box.n + 1], (self.box.rows, self.box.columns))

    def read(self, file: Path) -> OwnProblems:
        """Return the boards in a file, of any one size; each must have one solution, and clues that allow it."""
        try:
            text = file.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise InputError(f"{file}: no such file") from None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{file}: cannot be read as text ({why(error)})") from None
        box = self.sized(text)
        batch = batch_of(read_boards(text, box, str(file)), torch.float64).problems()
        return OwnProblems(batch, {} if box == self.box else {"n": box.n, "box": None})

    def sized(self, text: str) -> Box:
        """Return the box of a text's first board: the run's own, or for boards of another size the most square one."""
        lines = [line.strip() for line in text.splitlines() if line.strip() and line.strip().lower() not in HEADERS]
        cells = len(lines[0].partition(",")[0].strip()) if lines else 0
        n = math.isqrt(cells)
        other = square(n) if n * n == cells and 3 < n < len(SYMBOLS) else None
        return other if other is not None and n != self.box.n else self.box

    def heading(self, suffix: str, count: int, problems: Batch, answer: Float[Tensor, "b *answer"]) -> bytes:
        """Return the names of a `.csv` file's two columns."""
        return f"{HEADERS[1]}\n".encode() if suffix == ".csv" else b""

    def body(self, suffix: str, problems: Batch, answer: Float[Tensor, "b n n n"]) -> bytes:
        """Return a line of text per board: the answer, or with `.csv` puzzle and answer."""
        answers = [write_board(board) for board in digits_of(answer)]
        if suffix == ".csv":
            puzzles = [write_board(board) for board in clues_of(problems.x)]
            answers = [",".join(pair) for pair in zip(puzzles, answers, strict=True)]
        return ("\n".join(answers) + "\n").encode()

    def judged(self, problems: Batch, answer: Float[Tensor, "b n n n"]) -> Mapping[str, Sequence[Any]]:
        """Return how many clues a board has and how many of its cells are wrong, by exact search."""
        clues, digits = clues_of(problems.x), digits_of(answer)
        wrong = (digits != self.exact(problems)).flatten(1).sum(1)
        return {"clues": (clues > 0).flatten(1).sum(1).tolist(), "wrong_cells": wrong.tolist()}

    def exact(self, problems: Batch) -> Tensor:
        """Return the solutions, (b, n, n)."""
        clues = clues_of(problems.x)
        box = self.box if clues.shape[-1] == self.box.n else self.sized(write_board(clues[0]))
        return torch.tensor([next(solutions(board, box)) for board in clues.flatten(1).tolist()]).reshape(clues.shape)

    def pictures(self, problem: Batch, way: Float[Tensor, "visits n n n"]) -> Sequence[Picture]:
        """Return the board after each landscape, shaded by how sure its digits are, wrong ones marked."""
        right = self.exact(problem)[0]
        box = self.box if len(right) == self.box.n else self.sized(write_board(right))
        return [picture(answer, (digits_of(answer[None])[0] != right).numpy(), box) for answer in way]

    def shown(self, problem: Batch, answer: Float[Tensor, "1 n n n"]) -> str:
        """Return the answer as a grid."""
        digits = digits_of(answer)[0]
        box = self.box if len(digits) == self.box.n else self.sized(write_board(digits))
        return draw_board(digits, box) + "\n"


def picture(answer: Float[Tensor, "n n n"], wrong: NDArray[np.bool_] | None, box: Box) -> Picture:
    """Return an answer as a board, shaded by how sure its digits are, `wrong` ones marked."""
    return Picture(
        ((answer.amax(-1) + 1) / 2).clamp(0, 1).double().numpy() * 0.7,
        logarithmic=False,
        texts=[[SYMBOLS[digit] for digit in row] for row in digits_of(answer[None])[0].tolist()],
        wrong=wrong,
        rulers=(box.rows, box.columns),
    )
