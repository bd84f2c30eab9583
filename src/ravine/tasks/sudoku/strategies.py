"""Rules that need no energy: what people do first, and the exact method."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from ravine.batch import Batch
from ravine.seeding import Seeds
from ravine.tasks.answers import one_hot
from ravine.tasks.baselines import Predictor
from ravine.tasks.sudoku.encoding import clues_of
from ravine.tasks.sudoku.exact import solutions
from ravine.tasks.sudoku.rules import candidates, naked_and_hidden_singles, naked_singles
from ravine.tasks.sudoku.shape import Box


class Rule(ABC):
    """A way to fill boards, which needs no training problems."""

    trivial = True

    @abstractmethod
    def filled(self, boards: Int[Tensor, "b n n"]) -> Int[Tensor, "b n n"]:
        """Return full boards for boards with 0 in empty cells."""

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the rule as a predictor; it needs no `batches`."""
        return self.predict

    def predict(self, problems: Batch) -> Tensor:
        """Return the filled boards, one-hot."""
        boards = self.filled(clues_of(problems.x))
        return one_hot(boards - 1, boards.shape[-1]).to(problems.y.dtype)


class Copy(Rule):
    """Copies the clues and writes 1 everywhere else."""

    def filled(self, boards: Int[Tensor, "b n n"]) -> Int[Tensor, "b n n"]:
        """Return the clues, and 1 in empty cells."""
        return boards.clamp(min=1)


@dataclass(frozen=True)
class RandomCandidate(Rule):
    """Writes into every empty cell a random digit that its row, column and box lack, by a fixed seed."""

    box: Box

    def filled(self, boards: Int[Tensor, "b n n"]) -> Int[Tensor, "b n n"]:
        """Return boards with a random candidate in every empty cell; 1 where a cell has none."""
        may = candidates(boards, self.box)
        chance = torch.rand(may.shape, generator=Seeds(0, ("sudoku", "candidate")).generator()).to(boards.device)
        return torch.where(boards > 0, boards, (chance * may).argmax(-1) + 1)


@dataclass(frozen=True)
class NakedSingles(Rule):
    """Fills cells of one candidate until none is left, then guesses."""

    box: Box

    def filled(self, boards: Int[Tensor, "b n n"]) -> Int[Tensor, "b n n"]:
        """Return the boards filled so far as the rule goes, the rest by random candidates."""
        return RandomCandidate(self.box).filled(naked_singles(boards, self.box))


@dataclass(frozen=True)
class NakedAndHiddenSingles(Rule):
    """Fills cells of one candidate and digits of one place until none is left, then guesses."""

    box: Box

    def filled(self, boards: Int[Tensor, "b n n"]) -> Int[Tensor, "b n n"]:
        """Return the boards filled so far as both rules go, the rest by random candidates."""
        return RandomCandidate(self.box).filled(naked_and_hidden_singles(boards, self.box))


@dataclass(frozen=True)
class Exact(Rule):
    """Finds the solution by search: the exact method, not a trivial predictor."""

    box: Box

    trivial = False

    def filled(self, boards: Int[Tensor, "b n n"]) -> Int[Tensor, "b n n"]:
        """Return the first solution of every board; random candidates in one that has none."""
        guessed = RandomCandidate(self.box).filled(boards).flatten(1).tolist()
        rows = zip(boards.flatten(1).tolist(), guessed, strict=True)
        solved = [next(solutions(board, self.box), guess) for board, guess in rows]
        return torch.tensor(solved, device=boards.device).reshape(boards.shape)
