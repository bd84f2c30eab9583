"""A user's own boards where answers are latents: read as boards; answers are decoded before all else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.files import OwnProblems, Picture
from ravine.tasks.sudoku.autoencoder import LATENT
from ravine.tasks.sudoku.files import BoardFiles


@dataclass(frozen=True)
class LatentFiles(BoardFiles):
    """Boards as lines of text; `decode`: from answers to one-hot boards."""

    decode: Callable[[Tensor], Tensor]

    def read(self, file: Path) -> OwnProblems:
        """Return the boards in a file, of any one size; nothing of their answers is given."""
        own = super().read(file)
        x = own.batch.x
        return replace(own, batch=Batch(x, x.new_zeros(*x.shape[:3], LATENT)))

    def body(self, suffix: str, problems: Batch, answer: Float[Tensor, "b n n three"]) -> bytes:
        """Return a line of text per board, as `sudoku` writes them."""
        return super().body(suffix, problems, self.decode(answer))

    def judged(self, problems: Batch, answer: Float[Tensor, "b n n three"]) -> Mapping[str, Sequence[Any]]:
        """Return how many clues a board has and how many of its cells are wrong, by exact search."""
        return super().judged(problems, self.decode(answer))

    def pictures(self, problem: Batch, way: Float[Tensor, "visits n n three"]) -> Sequence[Picture]:
        """Return the decoded board after each landscape."""
        return super().pictures(problem, self.decode(way))

    def shown(self, problem: Batch, answer: Float[Tensor, "1 n n three"]) -> str:
        """Return the decoded answer as a grid."""
        return super().shown(problem, self.decode(answer))
