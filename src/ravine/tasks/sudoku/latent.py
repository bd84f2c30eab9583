"""Latent Sudoku: a solution is three numbers a cell, as an autoencoder made them, and is judged through its decoder."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ravine.batch import Batch, Shape
from ravine.tasks.answers import one_hot
from ravine.tasks.base import Purpose, Strata, Task
from ravine.tasks.baselines import Baseline, Predictor
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.solved import Solved
from ravine.tasks.sudoku.autoencoder import LATENT, SCALE, Autoencoder, load
from ravine.tasks.sudoku.consistency import Consistency
from ravine.tasks.sudoku.empty_cells import EmptyCells
from ravine.tasks.sudoku.encoding import clues_of, digits_of
from ravine.tasks.sudoku.fields import BoardsConfig
from ravine.tasks.sudoku.latent_files import LatentFiles
from ravine.tasks.sudoku.task import Sudoku


class Latents:
    """Boards as answers and back: latents over 4, clipped at +-1; without gradients, where the values lie."""

    def __init__(self, autoencoder: Autoencoder) -> None:
        self.autoencoder = autoencoder
        self.copies: dict[tuple[torch.device, torch.dtype], Autoencoder] = {}

    def at(self, values: Tensor) -> Autoencoder:
        """Return the autoencoder on the values' device and in their type."""
        where = values.device, values.dtype
        if where not in self.copies:
            self.copies[where] = deepcopy(self.autoencoder).to(*where)
        return self.copies[where]

    @torch.no_grad()
    def of(self, boards: Float[Tensor, "b n n digits"]) -> Float[Tensor, "b n n three"]:
        """Return the answers that stand for one-hot boards of +-1."""
        return (self.at(boards).encode(boards) / SCALE).clamp(-1, 1)

    @torch.no_grad()
    def boards(self, answer: Float[Tensor, "b n n three"]) -> Float[Tensor, "b n n digits"]:
        """Return 2 p - 1, p the probability of every cell's digits: the board that each answer stands for."""
        return 2 * self.at(answer).decode(SCALE * answer).softmax(-1) - 1

    def digits(self, answer: Float[Tensor, "b n n three"]) -> Int[Tensor, "b n n"]:
        """Return the digits that each answer stands for."""
        return digits_of(self.boards(answer))


class LatentSudoku(Task):
    """The boards of `sudoku`; y: the latents of the solution over 4, (n, n, 3). Clues cannot be held in it.

    An answer is right if the board that it decodes to keeps clues and rules.
    """

    name = "sudoku-latent"
    bound = 1.0
    solve_bound = 1.0

    def __init__(self, boards: Sudoku, autoencoder: Autoencoder) -> None:
        self.boards, self.latents = boards, Latents(autoencoder)
        n = boards.box.n
        self.x_shape, self.y_shape = (n, n, n), (n, n, LATENT)

    @property
    def identity(self) -> str:
        """The task's name and the shape of its boxes."""
        return f"{self.name}/{self.boards.box.rows}x{self.boards.box.columns}"

    @property
    def shape(self) -> Shape:
        """Clues and latents on one grid, with the groups that cells share."""
        return Shape(self.x_shape, self.y_shape, self.boards.shape.groups)

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return boards of the training pool under symmetries of their own, their solutions as latents."""
        return self.recoded(self.boards.sample(size, generator, split, dtype))

    def fixed(self, split: str, purpose: Purpose, size: int) -> Iterator[Batch]:
        """Yield the fixed boards of `sudoku`, their solutions as latents."""
        return map(self.recoded, self.boards.fixed(split, purpose, size))

    def recoded(self, batch: Batch) -> Batch:
        """Return boards with latents for solutions, and nothing given."""
        return Batch(batch.x, self.latents.of(batch.y))

    def solved(self, batch: Batch, answer: Float[Tensor, "b n n three"]) -> Bool[Tensor, " b"]:
        """Return whether the boards that answers decode to keep the clues and hold every digit in every group."""
        return self.boards.solved(batch, self.latents.boards(answer))

    def corrupt(self, batch: Batch, rate: float, generator: torch.Generator) -> Float[Tensor, "b n n three"]:
        """Return the latents of solutions with a share `rate` of their empty cells redrawn, at least one each.

        Where such a board decodes to a solution all the same, all cells are redrawn.
        """
        right = one_hot(self.latents.digits(batch.y) - 1, self.boards.box.n).to(batch.y.dtype)
        clues = (batch.x > 0).any(-1, keepdim=True).expand(right.shape)
        wrong = self.latents.of(self.boards.space.corrupt(right, clues, rate, generator))
        other = self.latents.of(self.boards.space.redrawn(right, generator))
        return torch.where(self.solved(batch, wrong)[:, None, None, None], other, wrong)

    def own_metrics(self) -> tuple[Metric, ...]:
        """Return boards solved, unknown cells right, and boards that keep the rules, after decoding."""
        cells = EmptyCells(self.latents.digits, lambda x: clues_of(x) == 0)
        return (Solved(self.solved), cells, Consistency(self.boards.box, self.latents.digits))

    def strata(self, batch: Batch) -> Strata:
        """Return how many clues each board has."""
        return self.boards.strata(batch)

    def baselines(self) -> Mapping[str, Baseline]:
        """Return those of `sudoku`, encoded."""
        return {name: Encoded(rule, self.latents) for name, rule in self.boards.baselines().items()}

    def files(self) -> LatentFiles:
        """Return how a user's own boards are read and their answers written."""
        return LatentFiles(self.boards.box, self.latents.boards)


@dataclass(frozen=True)
class Encoded:
    """A rule on boards whose answers are encoded."""

    rule: Baseline
    latents: Latents

    @property
    def trivial(self) -> bool:
        """Whether the rule counts for skill."""
        return self.rule.trivial

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the rule's predictor, which needs no `batches`, with its answers encoded."""
        predict = self.rule.fit(iter(()))
        return lambda problems: self.latents.of(predict(problems).to(problems.y.dtype))


class LatentSudokuConfig(BoardsConfig):
    """Boards whose solutions are an autoencoder's latents: every row, column and box holds every digit."""

    best_rule = "naked + hidden singles"

    name: Literal["sudoku-latent"] = "sudoku-latent"
    autoencoder: str | None = None
    """Weights, from `python -m ravine.tasks.sudoku.autoencoder FILE`; default: those that ship for 4, 6 and 9."""

    def build(self) -> Task:
        """Return the task."""
        boards = Sudoku(self.shape, self.boards, source=self.source, symmetries=self.symmetries)
        return LatentSudoku(boards, load(self.autoencoder, self.n))
