"""Sudoku: fill a board so that every row, column and box holds every digit."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, get_args

import torch
from jaxtyping import Bool, Float
from pydantic import Field, model_validator
from torch import Tensor

from ravine.batch import Batch, Shape
from ravine.errors import InputError
from ravine.origin import Origin
from ravine.section import Count, Lax
from ravine.tasks.answers import OneHot
from ravine.tasks.base import BLOCK, Purpose, Task, TaskConfig
from ravine.tasks.baselines import Baseline
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.cells import UnknownCells
from ravine.tasks.metrics.solved import Solved
from ravine.tasks.sudoku.boards import Boards, Givens
from ravine.tasks.sudoku.consistency import Consistency
from ravine.tasks.sudoku.encoding import batch_of, clues_of, digits_of
from ravine.tasks.sudoku.families import Part
from ravine.tasks.sudoku.files import BoardFiles
from ravine.tasks.sudoku.pools import SIZES, pool
from ravine.tasks.sudoku.rules import valid
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.strategies import Copy, Exact, NakedAndHiddenSingles, NakedSingles, RandomCandidate
from ravine.tasks.sudoku.symmetries import Symmetries
from ravine.tasks.sudoku.text import read_boards

PARTS: Mapping[Purpose, Part] = {"test": "test", "validation": "validation", "fit": "train"}


class Sudoku(Task):
    """Boards of one solution: `same` has as many clues as training, `harder` fewer (`givens_range`).

    Training draws from a pool of `boards` boards and gives each a symmetry of its own, on the device. Full grids are
    kept apart up to symmetry: no test or validation grid is the image of a training grid (on 4 x 4, up to renaming of
    digits, and training there renames digits alone). `files`: further splits, each a file of boards with one solution.
    """

    name = "sudoku"
    bound = 1.0
    solve_bound = 1.0

    def __init__(self, box: Box, boards: int = SIZES["train", "same"], files: Mapping[str, str] | None = None) -> None:
        self.box, self.boards, self.paths = box, boards, dict(files or {})
        self.x_shape = self.y_shape = (box.n, box.n, box.n)
        self.space = OneHot()
        self.items = min(boards, SIZES["train", "same"])
        self.further_splits = tuple(self.paths)

    @property
    def identity(self) -> str:
        """The task's name and the shape of its boxes."""
        return f"{self.name}/{self.box.rows}x{self.box.columns}"

    @property
    def shape(self) -> Shape:
        """Boards with the groups that their cells share: rows, columns, boxes."""
        n, groups = self.box.n, self.box.groups
        return Shape(self.x_shape, self.y_shape, (groups[:n], groups[n : 2 * n], groups[2 * n :]))

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return boards of the training pool, drawn with replacement, each under a symmetry of its own."""
        givens, device = self.givens(split), generator.device
        boards = pool(self.box, "train", givens, min(self.boards, SIZES["train", givens]), device)
        chosen = torch.randint(len(boards.puzzle), (size,), generator=generator, device=device)
        symmetries = Symmetries.draw(self.box, size, generator, renaming_only=self.box.n == 4)
        puzzle, solution = (symmetries.apply(each[chosen]) for each in (boards.puzzle, boards.solution))
        origin = Origin(chosen, symmetries.entries()) if split == self.splits[0] else None
        return replace(batch_of(Boards(puzzle, solution), dtype), origin=origin)

    def givens(self, split: str) -> Givens:
        """Return the split if it is one of the two that are made; an `InputError` names the splits there are."""
        if split not in get_args(Givens):
            known = (*self.splits, *self.further_splits)
            raise InputError(f"task {self.name!r} draws no problems of split {split!r}; it has {', '.join(known)}")
        return "same" if split == "same" else "harder"

    def fixed(self, split: str, purpose: Purpose, size: int) -> Iterator[Batch]:
        """Yield the first `size` boards of a part of a split, or of a file, as they are: without replacement.

        An `InputError` says so if a file has fewer.
        """
        if split in self.paths:
            boards = self.from_file(split)
        elif purpose == "fit":
            givens = self.givens(split)
            boards = pool(self.box, "train", givens, min(size, self.boards))
        else:
            boards = pool(self.box, PARTS[purpose], self.givens(split), size)
        if purpose != "fit" and len(boards.puzzle) < size:
            raise InputError(f"split {split!r} has {len(boards.puzzle)} boards, not {size}; set evaluation.problems")
        whole = batch_of(Boards(boards.puzzle[:size], boards.solution[:size]), torch.float64)
        for start in range(0, len(whole), BLOCK):
            yield whole.rows(slice(start, start + BLOCK))

    def from_file(self, split: str) -> Boards:
        """Return the boards in a split's file."""
        path = Path(self.paths[split])
        try:
            return read_boards(path.read_text(encoding="utf-8-sig"), self.box, str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"task.files.{split}: {path} cannot be read ({error})") from None

    def solved(self, batch: Batch, answer: Float[Tensor, "b n n n"]) -> Bool[Tensor, " b"]:
        """Return whether decoded answers keep the clues and hold every digit in every row, column and box."""
        digits, clues = digits_of(answer), clues_of(batch.x)
        kept = ((digits == clues) | (clues == 0)).flatten(1).all(1)
        return valid(digits, self.box) & kept

    def own_metrics(self) -> tuple[Metric, ...]:
        """Return boards solved, unknown cells right, and boards that keep the rules."""
        return (Solved(self.solved), UnknownCells(self.space), Consistency(self.box))

    def baselines(self) -> Mapping[str, Baseline]:
        """Return rules that people use, the singles with a random candidate where they stop, and the exact one."""
        return {
            "copy clues": Copy(),
            "random candidate": RandomCandidate(self.box),
            "naked singles": NakedSingles(self.box),
            "naked + hidden singles": NakedAndHiddenSingles(self.box),
            "exact search": Exact(self.box),
        }

    def files(self) -> BoardFiles:
        """Return how a user's own boards are read and their answers written."""
        return BoardFiles(self.box)


class SudokuConfig(TaskConfig):
    """Boards of n x n cells: every row, column and box holds every digit."""

    metrics = ("solved", "cells", "consistency")
    best_rule = "naked + hidden singles"

    name: Literal["sudoku"] = "sudoku"
    n: Annotated[int, Field(ge=4, le=36)] = 9
    """Rows, columns and digits."""
    box: Annotated[tuple[int, int] | None, Lax] = None
    """Rows and columns of a box, whose product is n; default: as square as n allows, wide rather than high."""
    boards: Count = SIZES["train", "same"]
    """Boards in the training pool; symmetries multiply them."""
    files: dict[str, str] = {}
    """Further splits: a file each of boards, `puzzle` or `puzzle,solution` a line."""

    @model_validator(mode="after")
    def _boxes_fill_the_board(self) -> "SudokuConfig":
        if self.box is not None and self.box[0] * self.box[1] != self.n:
            raise ValueError(f"box = {list(self.box)} makes boards of {self.box[0] * self.box[1]}, not n = {self.n}")
        if self.box is None and square(self.n) is None:
            raise ValueError(f"n = {self.n} has no box of at least 2 x 2; write 4, 6, 8, 9, 10, 12, 15 or 16")
        if clash := {"same", "harder"} & self.files.keys():
            raise ValueError(f"files.{min(clash)}: boards of that split are made; write another name")
        return self

    def build(self) -> Task:
        """Return the task."""
        box = Box(*self.box) if self.box is not None else square(self.n)
        assert box is not None
        return Sudoku(box, self.boards, self.files)


def square(n: int) -> Box | None:
    """Return the box of n cells that is as square as n allows, wide rather than high; None without one of 2 x 2."""
    rows = max(a for a in range(1, n + 1) if n % a == 0 and a * a <= n)
    return Box(rows, n // rows) if rows > 1 else None
