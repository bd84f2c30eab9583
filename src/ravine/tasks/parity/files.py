"""A user's own strings of bits: read from NumPy or CSV files, their parities written, judged and drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import InputError
from ravine.tasks.array_files import ArrayFiles, Numbers
from ravine.tasks.files import OwnProblems, Picture
from ravine.tasks.parity.strings import LEAST

NAMES = ("even", "odd")


class StringFiles(ArrayFiles):
    """Strings of 0 and 1, one a line, their bits apart; the parity of each is written, 1 for odd."""

    axes = 1
    title = "The answer after each landscape: dark for odd, light for even"

    def problems(self, stack: Numbers, file: Path) -> OwnProblems:
        """Return the strings in a file, of any one length; an `InputError` names the first entry that is no bit."""
        length = stack.shape[1]
        if length < LEAST:
            raise InputError(f"{file}: strings of {length} bits; give {LEAST} or more")
        for index, place in np.argwhere((stack != 0) & (stack != 1))[:1]:
            raise InputError(f"{file}: string {index} holds {stack[index, place]:g} at place {place}; bits are 0 or 1")
        x = torch.from_numpy(2 * stack - 1)
        return OwnProblems(Batch(x, x.new_zeros(len(x), 1)), {"length": length, "folder": None})

    def written(self, problems: Batch, answer: Float[Tensor, "b one"]) -> Float[Tensor, "b one"]:
        """Return 1 for odd, 0 for even."""
        return (answer >= 0).to(answer.dtype)

    def judged(self, problems: Batch, answer: Float[Tensor, "b one"]) -> Mapping[str, Sequence[Any]]:
        """Return how many ones a string has, and which parity the answer says."""
        return {"ones": (problems.x > 0).sum(1).tolist(), "said": [NAMES[odd] for odd in (answer[:, 0] >= 0).tolist()]}

    def pictures(self, problem: Batch, way: Float[Tensor, "visits one"]) -> Sequence[Picture]:
        """Return the answer after each landscape, as one square from even (light) to odd (dark)."""
        return [Picture(((answer.numpy() + 1) / 2).clip(0, 1)[None], logarithmic=False) for answer in way]
