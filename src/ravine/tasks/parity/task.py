"""Parity: whether a string of bits has an odd number of ones."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor

from ravine.batch import Batch
from ravine.errors import InputError
from ravine.seeding import Seeds
from ravine.tasks.answers import Signs
from ravine.tasks.base import BLOCK, Purpose, Task, TaskConfig
from ravine.tasks.baselines import Baseline
from ravine.tasks.distinct import distinct
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.mse import MeanSquaredError
from ravine.tasks.metrics.solved import Solved
from ravine.tasks.parity.files import StringFiles
from ravine.tasks.parity.rules import Always, FirstBitsLeastSquares, Majority, Product
from ravine.tasks.parity.satnet import Strings, read_folder
from ravine.tasks.parity.strings import CHECKS, LEAST, Part, draw, parity

PARTS: Mapping[Purpose, Part] = {"test": "test", "validation": "validation", "fit": "train"}
Length = Annotated[int, Field(ge=LEAST, le=10_000)]


class Parity(Task):
    """x (length,) of bits as -1 and +1, y (1,) = +1 where the number of +1 is odd, else -1: y = -prod_i (-x_i).

    `same` has strings of the training length, `harder` and `longest` longer ones. Training, test and validation strings
    are parted by a code (`strings.label`) that says nothing of the parity. `folder`: strings of SATNet's, in the place
    of those that are made, on `same`.
    """

    name = "parity"
    bound = 1.0
    solve_bound = 1.0
    space = Signs()
    further_splits = ("longest",)

    def __init__(self, lengths: Mapping[str, int], folder: str | None = None) -> None:
        self.pool = None if folder is None else read_folder(folder)
        length = lengths["same"] if self.pool is None else self.pool.bits.shape[1]
        self.lengths = {**lengths, "same": length}
        self.x_shape, self.y_shape = (length,), (1,)
        if self.pool is not None:
            self.items = len(self.pool.part("train"))

    @property
    def identity(self) -> str:
        """The task's name and the training length."""
        return f"{self.name}/{self.x_shape[0]}"

    def length_of(self, split: str) -> int:
        """Return how many bits a string of the split has; an `InputError` names the splits there are."""
        return self.at_split(self.lengths, split)

    def pool_of(self, split: str) -> Strings | None:
        """Return the strings that a split draws from, None where they are made."""
        return self.pool if split == self.splits[0] else None

    def sample(
        self, size: int, generator: torch.Generator, split: str = "same", dtype: torch.dtype = torch.float32
    ) -> Batch:
        """Return strings that are no test or validation strings, and their parities."""
        length, pool = self.length_of(split), self.pool_of(split)
        if pool is None:
            return batch_of(draw(size, length, generator, "train"), dtype)
        bits = pool.part("train").to(generator.device)
        chosen = torch.randint(len(bits), (size,), generator=generator, device=generator.device)
        return batch_of(bits[chosen], dtype)

    def fixed(self, split: str, purpose: Purpose, size: int) -> Iterator[Batch]:
        """Yield `size` strings of a part, none twice unless there are fewer; an `InputError` if a folder has fewer."""
        length, part, pool = self.length_of(split), PARTS[purpose], self.pool_of(split)
        if pool is None:
            total = (2**CHECKS - 2 if part == "train" else 1) * 2 ** (length - CHECKS)
            seeds = Seeds(0, ("fixed", self.name, str(length), purpose))
            blocks = distinct(lambda count, g: draw(count, length, g, part), size, total, seeds)
            yield from (batch_of(bits, torch.float64) for bits in blocks)
            return
        bits = pool.part(part)[:size]
        if purpose != "fit" and len(bits) < size:
            raise InputError(f"task.folder: {len(bits)} {part} strings, not {size}; set evaluation.problems")
        for start in range(0, len(bits), BLOCK):
            yield batch_of(bits[start : start + BLOCK], torch.float64)

    def solved(self, batch: Batch, answer: Float[Tensor, "b one"]) -> Bool[Tensor, " b"]:
        """Return whether the answers' signs are the parities."""
        odd = parity((batch.x > 0).long())
        return (answer[:, 0] >= 0) == (odd == 1)

    def own_metrics(self) -> tuple[Metric, ...]:
        """Return parities right, and the mean squared error."""
        return (Solved(self.solved), MeanSquaredError())

    def baselines(self) -> Mapping[str, Baseline]:
        """Return one answer for all, the more common bit, least squares, and the product of the bits."""
        return {
            "always odd": Always(),
            "majority bit": Majority(),
            "least squares": FirstBitsLeastSquares(),
            "product": Product(),
        }

    def files(self) -> StringFiles:
        """Return how a user's own strings are read and their parities written."""
        return StringFiles()


class ParityConfig(TaskConfig):
    """A string of bits -> whether the number of its ones is odd."""

    metrics = ("solved", "mse")
    best_rule = "majority bit"

    name: Literal["parity"] = "parity"
    length: Length = 20
    """Bits of a string in training."""
    harder: Length = 40
    """Bits of a string on `harder`."""
    longest: Length = 80
    """Bits of a string on `longest`, which is scored where it is named."""
    folder: str | None = None
    """A folder with features.pt and labels.pt of SATNet's parity, to train on in the place of strings that are made."""

    def build(self) -> Task:
        """Return the task."""
        return Parity({"same": self.length, "harder": self.harder, "longest": self.longest}, self.folder)


def batch_of(bits: Int[Tensor, "b length"], dtype: torch.dtype) -> Batch:
    """Return strings of 0 and 1 as problems, with their parities."""
    return Batch(2 * bits.to(dtype) - 1, 2 * parity(bits)[:, None].to(dtype) - 1)
