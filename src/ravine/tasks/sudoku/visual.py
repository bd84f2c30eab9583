"""Visual Sudoku: clues are images of handwritten digits, and nothing says which digits they are."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Literal

import torch
from jaxtyping import Bool, Float
from pydantic import Field
from torch import Tensor

from ravine.batch import Batch, Shape
from ravine.seeding import Seeds
from ravine.tasks.answers import OneHot
from ravine.tasks.base import BLOCK, Purpose, Strata, Task
from ravine.tasks.baselines import Baseline
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.solved import Solved
from ravine.tasks.sudoku.consistency import Consistency
from ravine.tasks.sudoku.empty_cells import EmptyCells
from ravine.tasks.sudoku.encoding import by_clues, clues_of, digits_of
from ravine.tasks.sudoku.families import Part
from ravine.tasks.sudoku.fields import BoardsConfig
from ravine.tasks.sudoku.images import PIXELS, images
from ravine.tasks.sudoku.reading import ReadThen, seen
from ravine.tasks.sudoku.rules import valid
from ravine.tasks.sudoku.strategies import Exact, NakedAndHiddenSingles, NakedSingles, RandomCandidate
from ravine.tasks.sudoku.task import PARTS, Sudoku
from ravine.tasks.sudoku.visual_files import VisualFiles


class VisualSudoku(Task):
    """The boards of `sudoku`, every clue an image of 8 x 8 pixels, drawn anew for every board; empty cells are zeros.

    x: (n, n, 64); y: the solution, one-hot. Nothing is given: clues must be read. Training, validation and test boards
    show different images. An answer is right if it is the solution, which cannot be checked without knowing the digits.
    """

    name = "sudoku-visual"
    bound = 1.0
    solve_bound = 1.0
    verifiable = False

    def __init__(self, boards: Sudoku) -> None:
        self.boards, self.box = boards, boards.box
        n = self.box.n
        self.x_shape, self.y_shape = (n, n, PIXELS), (n, n, n)
        self.space = OneHot()
        self.items = boards.items

    @property
    def identity(self) -> str:
        """The task's name and the shape of its boxes."""
        return f"{self.name}/{self.box.rows}x{self.box.columns}"

    @property
    def shape(self) -> Shape:
        """Images on a board, with the groups that cells share."""
        return Shape(self.x_shape, self.y_shape, self.boards.shape.groups)

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return boards of the training pool under symmetries of their own, with training images."""
        return shown(self.boards.sample(size, generator, split, dtype), "train", generator)

    def fixed(self, split: str, purpose: Purpose, size: int) -> Iterator[Batch]:
        """Yield the fixed boards of `sudoku` with images of the same part, drawn with fixed seeds."""
        seeds = Seeds(0, ("fixed", self.identity, split, purpose, "images"))
        for index, block in enumerate(self.boards.fixed(split, purpose, size)):
            whole = torch.arange(BLOCK) % len(block)  # images of a whole block: a larger set begins as this one
            drawn = shown(block.rows(whole), PARTS[purpose], seeds.child(str(index)).generator())
            yield drawn.rows(slice(len(block)))

    def solved(self, batch: Batch, answer: Float[Tensor, "b n n n"]) -> Bool[Tensor, " b"]:
        """Return whether decoded answers are the solutions."""
        return (digits_of(answer) == digits_of(batch.y)).flatten(1).all(1)

    def checks(self, problems: Batch, answer: Float[Tensor, "b n n n"]) -> Mapping[str, Tensor]:
        """Return whether decoded answers keep the rules, whatever the images say."""
        return {"consistent": valid(digits_of(answer), self.box)}

    def own_metrics(self) -> tuple[Metric, ...]:
        """Return boards solved, cells without an image right, and boards that keep the rules."""
        return (Solved(self.solved), EmptyCells(digits_of, lambda x: ~seen(x)), Consistency(self.box))

    def strata(self, batch: Batch) -> Strata:
        """Return how many images each board shows."""
        return by_clues(seen(batch.x), self.box)

    def baselines(self) -> Mapping[str, Baseline]:
        """Return the rules that people use on what the nearest training image says, and the exact search on it."""
        rules = RandomCandidate(self.box), NakedSingles(self.box), NakedAndHiddenSingles(self.box)
        return {
            "read, then random": ReadThen(rules[0].filled),
            "read, then naked singles": ReadThen(rules[1].filled),
            "read, then both singles": ReadThen(rules[2].filled),
            "read, then exact search": ReadThen(Exact(self.box).filled, trivial=False),
        }

    def files(self) -> VisualFiles:
        """Return how a user's own boards of images are read and their answers written."""
        return VisualFiles(self.box)


def shown(batch: Batch, part: Part, generator: torch.Generator) -> Batch:
    """Return boards with an image in the place of every clue, and nothing given."""
    x = images(part, batch.x.device).of(clues_of(batch.x), generator)
    return replace(batch, x=x.to(batch.y.dtype), given=None)


class VisualSudokuConfig(BoardsConfig):
    """Boards whose clues are images of handwritten digits: every row, column and box holds every digit."""

    best_rule = "read, then both singles"

    name: Literal["sudoku-visual"] = "sudoku-visual"
    n: Annotated[int, Field(ge=4, le=9)] = 9
    """Rows, columns and digits."""

    def build(self) -> Task:
        """Return the task."""
        return VisualSudoku(Sudoku(self.shape, self.boards, source=self.source, symmetries=self.symmetries))
