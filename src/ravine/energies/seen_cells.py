"""The energy of cells for boards whose clues are seen and not told: a learned reader, then the cells' rounds."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.cells import BoardConfig, CellCondition, CellEnergy
from ravine.energies.initial import linear, normal, uniform
from ravine.energies.likelihood import evidence
from ravine.errors import ConfigurationError
from ravine.section import Count

FREQUENCY = 0.7
"""Of the reader's first sines, per unit of brightness: a kernel of width 1 / .7 between images."""


@dataclass(frozen=True)
class SeenCondition(CellCondition):
    """The same, with what the reader says of every cell: log-probabilities of digits, 0 where it sees nothing.

    No cell is `given`; `clue` is the reader's probabilities, 0 where it sees nothing.
    """

    read: Float[Tensor, "b cells n"]


class SeenCellEnergy(CellEnergy):
    """The energy of cells with clues r = softmax(reader(image)) that may be wrong, so that every cell is free.

    In each cell m gains ln r, and the belief that enters the rounds is softmax(2 s y / sigma^2 + ln r): where the image
    is clear it decides, where it is not the other cells may. The reader, W2 sin(W1 x + b1) + b2 with `units` sines and
    shared by all cells, is learned with all else; as it begins, two images are as alike to it as their distance says
    (random features of a Gaussian kernel, Rahimi and Recht 2007), which reads few images far better than a layer of
    usual weights. x: (row, column, pixel), all zeros where a cell shows nothing.
    """

    def __init__(
        self,
        groups: Int[Tensor, "groups n"],
        signal: Float[Tensor, " K"],
        generator: torch.Generator,
        pixels: int,
        units: int,
        *sizes: int,
    ) -> None:
        super().__init__(groups, signal, generator, *sizes)
        self.look = normal((pixels, units), FREQUENCY, generator)
        self.phase = uniform((units,), math.pi, generator)
        self.tell = linear(units, self.n, generator)

    def condition(self, x: Float[Tensor, "b n n pixels"], k: Int[Tensor, " b"]) -> SeenCondition:
        """Return what the reader says of the problems `x`, and the scales of their landscapes."""
        cells = x.flatten(1, 2)
        seen = (cells != 0).any(2, keepdim=True)
        read = self.tell(torch.sin(cells @ self.look + self.phase)).log_softmax(2) * seen
        clue = read.exp() * seen
        s = self.get_buffer("signal")[k]
        scales = s, (1 - s.square()).sqrt()
        return SeenCondition(clue, torch.zeros_like(seen), self._entering(clue, seen, k), *scales, read)

    def _logits(self, condition: CellCondition, y: Float[Tensor, "b cells n"]) -> Float[Tensor, "b cells n"]:
        assert isinstance(condition, SeenCondition)
        own = 2 * evidence(y, condition.signal, condition.sigma)
        return self._rounds(condition, (own + condition.read).softmax(-1)) + condition.read


class SeenCellsConfig(BoardConfig):
    """The energy of cells with a learned reader, for boards whose clues are images."""

    name: Literal["seen-cells"] = "seen-cells"
    units: Count = 256
    """Sines of the reader."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> SeenCellEnergy:
        """Return the energy for a task whose cells share groups and show images."""
        groups = self.groups(shape)
        if shape.x[:-1] != shape.y[:-1]:
            raise ConfigurationError(
                f"energy.name: {self.name} needs an image a cell, (rows, columns, pixels), not {shape.x}"
            )
        sizes = self.channels, self.hidden, self.rounds, self.least_rounds
        return SeenCellEnergy(groups, diffusion.signal.cpu(), generator, shape.x[-1], self.units, *sizes)
