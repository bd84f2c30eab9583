"""Boards of images solved without an energy: read every digit by the nearest training image, then apply a rule."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.answers import one_hot
from ravine.tasks.baselines import Predictor
from ravine.tasks.sudoku.encoding import digits_of

AT_ONCE = 200


def seen(x: Float[Tensor, "b n n pixels"]) -> Bool[Tensor, "b n n"]:
    """Return which cells show an image."""
    return (x != 0).any(-1)


@dataclass(frozen=True)
class ReadThen:
    """Reads the clues by their nearest neighbour among the images of training boards, then fills boards by a rule.

    `filled`: from boards with 0 in empty cells, whose clues may contradict one another, to full ones.
    """

    filled: Callable[[Tensor], Tensor]
    trivial: bool = True

    def fit(self, batches: Iterator[Batch]) -> Predictor:
        """Return the predictor that knows the different images on all `batches`, with their digits."""
        known: dict[bytes, tuple[Tensor, int]] = {}
        for batch in batches:
            where = seen(batch.x)
            for image, digit in zip(batch.x[where].float(), digits_of(batch.y)[where].tolist(), strict=True):
                known[image.numpy().tobytes()] = image, digit
        pixels = torch.stack([image for image, _ in known.values()])
        digits = torch.tensor([digit for _, digit in known.values()])
        return lambda problems: self._predict(problems, pixels.to(problems.x), digits.to(problems.x.device))

    def _predict(self, problems: Batch, pixels: Tensor, digits: Int[Tensor, " known"]) -> Tensor:
        boards = torch.cat([read(x, pixels, digits) for x in torch.split(problems.x, AT_ONCE)])
        full = self.filled(boards)
        return one_hot(full - 1, full.shape[-1]).to(problems.y.dtype)


def read(
    x: Float[Tensor, "b n n pixels"], pixels: Float[Tensor, "known pixels"], digits: Int[Tensor, " known"]
) -> Int[Tensor, "b n n"]:
    """Return the digit of the nearest known image in every cell that shows one, 0 in the others."""
    nearest = torch.cdist(x.flatten(0, 2), pixels).argmin(1).reshape(x.shape[:3])
    return digits[nearest] * seen(x)
