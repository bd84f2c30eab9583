"""A user's own boards of images: read as arrays of pixels, their answers written as boards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from ravine import arrays
from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.files import OwnProblems, Picture
from ravine.tasks.sudoku.encoding import digits_of
from ravine.tasks.sudoku.files import BoardFiles, picture
from ravine.tasks.sudoku.images import PIXELS
from ravine.tasks.sudoku.reading import seen
from ravine.tasks.sudoku.text import write_board


@dataclass(frozen=True)
class VisualFiles(BoardFiles):
    """Arrays of pixels from 0 to 1 (.npy, .npz): (b, n, n, 8, 8) or (b, n, n, 64), all zeros where a cell is empty."""

    formats: ClassVar[tuple[str, ...]] = (".txt",)
    title = "The answer after each landscape: the darker, the surer"

    def read(self, file: Path) -> OwnProblems:
        """Return the boards in a file, one or a stack of them, of the run's size."""
        pixels, n = torch.from_numpy(arrays.read(file)), self.box.n
        if pixels.shape[-2:] == (8, 8):
            pixels = pixels.flatten(-2)
        if tuple(pixels.shape[-3:]) != (n, n, PIXELS) or pixels.dim() not in (3, 4) or not pixels.numel():
            shape = tuple(pixels.shape)
            raise InputError(f"{file}: an array of shape {shape}; give (boards, {n}, {n}, 8, 8), zeros in empty cells")
        x = pixels.reshape(-1, n, n, PIXELS)
        for index in (~((x >= 0) & (x <= 1))).flatten(1).any(1).nonzero()[:1, 0].tolist():
            raise InputError(f"{file}: board {index} has pixels that are not between 0 and 1; divide by the brightest")
        return OwnProblems(Batch(x, x.new_zeros(len(x), n, n, n)))

    def body(self, suffix: str, problems: Batch, answer: Float[Tensor, "b n n n"]) -> bytes:
        """Return a line of text per board."""
        return ("\n".join(write_board(board) for board in digits_of(answer)) + "\n").encode()

    def judged(self, problems: Batch, answer: Float[Tensor, "b n n n"]) -> Mapping[str, Sequence[Any]]:
        """Return how many images a board has."""
        return {"images": seen(problems.x).flatten(1).sum(1).tolist()}

    def pictures(self, problem: Batch, way: Float[Tensor, "visits n n n"]) -> Sequence[Picture]:
        """Return the board after each landscape, shaded by how sure its digits are."""
        return [picture(answer, None, self.box) for answer in way]
