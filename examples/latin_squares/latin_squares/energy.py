"""An energy for squares of every size: each entry hears its row, its column and its cell."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, EnergyConfig, squared_norm
from ravine.energies.initial import linear
from ravine.energies.landscape import LandscapeEmbedding
from ravine.errors import ConfigurationError
from ravine.section import Count


@dataclass(frozen=True)
class LinesCondition(Condition):
    """What problem and landscape add to every hidden unit."""

    entering: Float[Tensor, "b n n n hidden"]


class LinesEnergy(Energy[LinesCondition]):
    """E = |w silu(A [y, its sums over row, column and cell] + B [the same of x] + c_k)|^2, the same weights for all n.

    The gradient in y is autograd's.
    """

    def __init__(self, landscapes: int, generator: torch.Generator, hidden: int) -> None:
        super().__init__()
        self.embedding = LandscapeEmbedding(landscapes, hidden, generator)
        self.problem = linear(4, hidden, generator)
        self.point = linear(4, hidden, generator)
        self.out = linear(hidden, 2, generator)

    def condition(self, x: Float[Tensor, "b n n n"], k: Int[Tensor, " b"]) -> LinesCondition:
        """Return the problem's and the landscape's share of the hidden units."""
        table = self.embedding.table()
        landscape = self.embedding.one_hot(k, table) @ table
        return LinesCondition(self.problem(with_sums(x)) + landscape[:, None, None, None])

    def energy(self, condition: LinesCondition, y: Float[Tensor, "b n n n"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return squared_norm(self.out(nn.functional.silu(condition.entering + self.point(with_sums(y)))))


class LinesConfig(EnergyConfig):
    """A small energy for squares of every size."""

    name: Literal["lines"] = "lines"
    hidden: Count = 16
    """Hidden units of every entry."""

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> LinesEnergy:
        """Return the energy for problems and answers of one-hot cells on a square."""
        if shape.x != shape.y or len(shape.y) != 3:
            raise ConfigurationError(f"energy.name: lines needs squares of cells, not {shape.x} and {shape.y}")
        return LinesEnergy(diffusion.landscapes, generator, self.hidden)


def lines(shape: Shape, diffusion: Diffusion, generator: torch.Generator, **options: Any) -> LinesEnergy:
    """Return the energy with `options`, the fields of its configuration: the package's entry point."""
    return LinesConfig(**options).build(shape, diffusion, generator)


def with_sums(values: Float[Tensor, "b n n n"]) -> Float[Tensor, "b n n n four"]:
    """Return every entry with the sums over its column, its row and its cell."""
    sums = [values.sum(axis, keepdim=True).expand_as(values) / values.shape[-1] ** 0.5 for axis in (1, 2, 3)]
    return torch.stack([values, *sums], -1)
