"""Images of handwritten digits that scikit-learn brings along, parted so that no test image is ever trained on."""

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.errors import InputError
from ravine.tasks.sudoku.families import Part
from ravine.tasks.sudoku.pools import CPU

PIXELS = 64
BRIGHTEST = 16
PARTS: tuple[Part, ...] = ("train", "train", "train", "validation", "test")
"""Of each digit's images, in the data set's order, every fifth tests and every fifth validates."""


@dataclass(frozen=True)
class Images:
    """Images of the digits 1 to 9, (images, 64) from 0 to 1, sorted by digit.

    `first`, `count`: where each digit's images begin and how many they are, (10,); 0 has none.
    """

    pixels: Float[Tensor, "images pixels"]
    first: Int[Tensor, " digits"]
    count: Int[Tensor, " digits"]

    def of(self, digits: Int[Tensor, "b n n"], generator: torch.Generator) -> Float[Tensor, "b n n pixels"]:
        """Return an image drawn for every digit, and zeros where a cell is empty (0)."""
        chance = torch.rand(digits.shape, generator=generator, device=generator.device)
        chosen = self.first[digits] + (chance * self.count[digits]).long().clamp(max=self.count[digits] - 1)
        return self.pixels[chosen.clamp(min=0)] * (digits > 0)[..., None]


@cache
def images(part: Part, device: torch.device = CPU) -> Images:
    """Return a part of the images, kept on `device`; nothing is downloaded.

    An `InputError` says how to install scikit-learn where it is not.
    """
    if device != CPU:
        here = images(part)
        return Images(here.pixels.to(device), here.first.to(device), here.count.to(device))
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise InputError("sudoku-visual needs scikit-learn; install it with: pip install 'ravine[real]'") from None
    pixels, digits = (torch.from_numpy(values) for values in load_digits(return_X_y=True))
    chosen = [torch.zeros(0, dtype=torch.int64)]
    for digit in range(1, 10):
        where = (digits == digit).nonzero()[:, 0]
        chosen.append(where[torch.tensor([PARTS[i % len(PARTS)] == part for i in range(len(where))])])
    count = torch.tensor([len(where) for where in chosen])
    return Images((pixels[torch.cat(chosen)] / BRIGHTEST).float(), count.cumsum(0) - count, count)
