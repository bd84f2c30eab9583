"""An energy that eliminates: tied rounds take a row and a column out of a matrix, by pivots of a learned sharpness."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import EnergyConfig
from ravine.energies.computed import ComputedEnergy
from ravine.energies.initial import uniform
from ravine.errors import ConfigurationError

RATE = 5.0
"""The sharpness g is exp(5 theta): quick to travel over decades."""
FIRST = 0.5
"""Where theta begins, or near: p is then spread over several rows."""


class PivotEnergy(ComputedEnergy):
    """E = |y - s D(x)|^2 / (2 sigma), D from n tied rounds A <- A - c (q' A) / (q' c), c the next column of A.

    p_i is |c_i|^g over its sum, g learned, and q_i = p_i sign(c_i). Every round reduces the rank of A by one, whatever
    q is (Wedderburn 1934); the larger g, the nearer it is to elimination by partial pivoting. D = [P C, U]: rows of P
    the p, of U the q' A, columns of C the c / (q' c), the last two with the pivot's sign sum_i q_i and times the
    product of |p|^2 over the rounds so far: sure only where rows were chosen surely. No order of A's rows matters, and
    the same weights fit every n.
    """

    def __init__(self, signal: Float[Tensor, " K"], generator: torch.Generator) -> None:
        super().__init__(signal)
        self.sharpness = nn.Parameter(FIRST + uniform((), 0.1, generator).detach())

    def computed(self, x: Float[Tensor, "b one n n"]) -> Float[Tensor, "b two n n"]:
        """Return the answers D(x)."""
        a, exponent, least = x[:, 0], torch.exp(RATE * self.sharpness), torch.finfo(x.dtype).tiny
        sure = a.new_ones(len(a), 1)
        rows, columns, chosen = [], [], []
        for step in range(a.shape[-1]):
            c = a[:, :, step]
            p = torch.softmax(exponent * c.abs().clamp(min=least).log(), 1)
            q = p * torch.sign(c)
            row, sign = (q[:, None] @ a)[:, 0], q.sum(1, keepdim=True)
            column = c / (q * c).sum(1, keepdim=True).clamp(min=least)
            a = a - column[:, :, None] * row[:, None]
            sure = sure * p.square().sum(1, keepdim=True)
            rows.append(sure * sign * row)
            columns.append(sure * sign * column)
            chosen.append(p)
        return torch.stack([torch.stack(chosen, 1) @ torch.stack(columns, 2), torch.stack(rows, 1)], 1)


class PivotsConfig(EnergyConfig):
    """An energy that eliminates row after row by pivots of a learned sharpness: for LU factors."""

    name: Literal["pivots"] = "pivots"

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> PivotEnergy:
        """Return the energy for problems of one n x n matrix with answers of two."""
        n = shape.x[-1]
        if shape.x != (1, n, n) or shape.y != (2, n, n):
            raise ConfigurationError(f"energy.name: {self.name} needs one matrix, and answers of two")
        return PivotEnergy(diffusion.signal.cpu(), generator)
