"""Sudoku: fill a board so that every row, column and box holds every digit."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import torch
from jaxtyping import Bool, Float
from pydantic import model_validator
from torch import Tensor

from ravine.batch import Batch, Shape
from ravine.errors import InputError
from ravine.origin import Origin
from ravine.tasks.answers import OneHot
from ravine.tasks.base import BLOCK, Purpose, Strata, Task
from ravine.tasks.baselines import Baseline
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.cells import UnknownCells
from ravine.tasks.metrics.solved import Solved
from ravine.tasks.sudoku.boards import Boards, Givens
from ravine.tasks.sudoku.consistency import Consistency
from ravine.tasks.sudoku.encoding import batch_of, by_clues, clues_of, digits_of
from ravine.tasks.sudoku.families import Part
from ravine.tasks.sudoku.fields import BoardsConfig
from ravine.tasks.sudoku.files import BoardFiles
from ravine.tasks.sudoku.pools import CPU, SIZES, pool
from ravine.tasks.sudoku.published import published
from ravine.tasks.sudoku.rules import valid
from ravine.tasks.sudoku.shape import Box
from ravine.tasks.sudoku.strategies import Copy, Exact, NakedAndHiddenSingles, NakedSingles, RandomCandidate
from ravine.tasks.sudoku.symmetries import Symmetries
from ravine.tasks.sudoku.text import read_boards

PARTS: Mapping[Purpose, Part] = {"test": "test", "validation": "validation", "fit": "train"}


class Sudoku(Task):
    """Boards of one solution: `same` has as many clues as training, `harder` fewer (`givens_range`).

    Training draws from a pool of `boards` boards and gives each a symmetry of its own, on the device. Full grids are
    kept apart up to symmetry: no test or validation grid is the image of a training grid (on 4 x 4, up to renaming
    of digits, and training there renames digits alone).

    `files`: further splits, each a file of boards with one solution; `source`: a published set (`published`) in the
    place of the boards of `same`, all that train unless `boards` says less; without `symmetries` training shows boards
    as they are.
    """

    name = "sudoku"
    bound = 1.0
    solve_bound = 1.0

    def __init__(
        self,
        box: Box,
        boards: int | None = None,
        files: Mapping[str, str] | None = None,
        source: str | None = None,
        symmetries: bool = True,
    ) -> None:
        self.box, self.boards, self.paths = box, boards, dict(files or {})
        self.source, self.symmetries = source, symmetries
        self.x_shape = self.y_shape = (box.n, box.n, box.n)
        self.space = OneHot()
        made = SIZES["train", "same"]
        self.items = min(boards or made, made) if source is None else len(self.stock("train", "same"))
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
        device = generator.device
        boards = self.stock("train", split, device=device)
        chosen = torch.randint(len(boards.puzzle), (size,), generator=generator, device=device)
        if self.symmetries:
            symmetries = Symmetries.draw(self.box, size, generator, renaming_only=self.box.n == 4)
        else:
            symmetries = Symmetries.identity(self.box, size, device)
        puzzle, solution = (symmetries.apply(each[chosen].long()) for each in (boards.puzzle, boards.solution))
        origin = Origin(chosen, symmetries.entries()) if split == self.splits[0] else None
        return replace(batch_of(Boards(puzzle, solution), dtype), origin=origin)

    def stock(self, part: Part, split: str, size: int | None = None, device: torch.device = CPU) -> Boards:
        """Return the first `size` boards of a part of a split; all those that train by default."""
        givens = self.givens(split)
        if part == "train" and self.boards is not None:
            size = min(size or SIZES[part, givens], self.boards)
        if self.source is None or givens == "harder":
            return pool(self.box, part, givens, size or SIZES[part, givens], device)
        whole = published(self.source, part, self.box, device)
        return Boards(whole.puzzle[:size], whole.solution[:size])

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
        boards = self.from_file(split, size) if split in self.paths else self.stock(PARTS[purpose], split, size)
        if purpose != "fit" and len(boards.puzzle) < size:
            raise InputError(f"split {split!r} has {len(boards.puzzle)} boards, not {size}; set evaluation.problems")
        whole = batch_of(Boards(boards.puzzle.long(), boards.solution.long()), torch.float64)
        for start in range(0, len(whole), BLOCK):
            yield whole.rows(slice(start, start + BLOCK))

    def from_file(self, split: str, size: int) -> Boards:
        """Return the first `size` boards in a split's file."""
        path = Path(self.paths[split])
        try:
            return read_boards(path.read_text(encoding="utf-8-sig"), self.box, str(path), size)
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

    def strata(self, batch: Batch) -> Strata:
        """Return how many clues each board has, in bands."""
        return by_clues(clues_of(batch.x) > 0, self.box)

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


class SudokuConfig(BoardsConfig):
    """Boards of n x n cells: every row, column and box holds every digit."""

    best_rule = "naked + hidden singles"

    name: Literal["sudoku"] = "sudoku"
    files: dict[str, str] = {}
    """Further splits: a file each of boards, `puzzle` or `puzzle,solution` a line."""

    @model_validator(mode="after")
    def _files_are_further_splits(self) -> "SudokuConfig":
        if clash := {"same", "harder"} & self.files.keys():
            raise ValueError(f"files.{min(clash)}: boards of that split are made; write another name")
        return self

    def build(self) -> Task:
        """Return the task."""
        return Sudoku(self.shape, self.boards, self.files, self.source, self.symmetries)
