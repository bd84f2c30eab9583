"""An energy that verifies: how likely every cell is, given all the others and the groups that they share."""

from abc import ABC
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from ravine.batch import Shape
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition
from ravine.energies.initial import normal
from ravine.energies.likelihood import beliefs, one_hot_energy, one_hot_surprise
from ravine.energies.rounds import RoundsConfig, TiedRounds
from ravine.energies.silu import silu
from ravine.errors import ConfigurationError
from ravine.section import Count


@dataclass(frozen=True)
class CellCondition(Condition):
    """Which cells are `given`, (b, cells, 1), and their digits `clue`, one-hot there and 0 elsewhere, (b, cells, n).

    `entering`: what clues and landscape add to every hidden unit, (b, cells, n, hidden); `signal` and `sigma`: s and
    sigma, (b,).
    """

    clue: Float[Tensor, "b cells n"]
    given: Bool[Tensor, "b cells 1"]
    entering: Float[Tensor, "b cells n hidden"]
    signal: Float[Tensor, " b"]
    sigma: Float[Tensor, " b"]


class CellEnergy(TiedRounds[CellCondition]):
    """E = sum_c |y_c|^2 / (2 sigma) - sigma [log sum_d q_cd exp(2 s y_cd / sigma^2) - sum_d s y_cd / sigma^2].

    The sum is over the cells c that x leaves free; x and y are one-hot digits d in {-1, 1} on a board, (row, column,
    digit), x all -1 in a free cell. With constant q, E is the exact energy of independent cells: its gradient predicts
    the noise that the posterior mean under the prior q leaves. Here q = softmax_d m, and m is read from `rounds` tied
    rounds over the groups that cells share (rows, columns, boxes):

        p = softmax_d(2 s y / sigma^2), or the clue;   z += W2 silu(W0 z + U [p, clue, free] + b_k + V z_cell
            + W sum of z_group) + b2;   m = w z

    with z of `channels` per cell and digit, z_cell its sum over the digits and z_group its sum over the cells of each
    group that the cell is in, both over sqrt(n). So E is near -sigma log p(cell | all others). Cells, digits and groups
    share their weights: E does not change if digits are renamed, or cells moved so that groups stay groups, and the
    same weights fit every n.

    `groups`: the cells, numbered row by row, of every group, (groups, n); `signal`: sqrt(abar_k).
    """

    def __init__(
        self,
        groups: Int[Tensor, "groups n"],
        signal: Float[Tensor, " K"],
        generator: torch.Generator,
        channels: int,
        hidden: int,
        rounds: int,
        least_rounds: int | None = None,
    ) -> None:
        super().__init__()
        self.n, self.rounds, self.least_rounds = groups.shape[1], rounds, least_rounds or rounds
        self.register_buffer("signal", signal.clone(), persistent=False)
        self.register_buffer("incidence", incidence(groups).to(signal.dtype), persistent=False)
        self.inputs = normal((3, hidden), 0.6, generator)
        self.bias = nn.Parameter(torch.zeros(len(signal), hidden))
        self.own = normal((channels, hidden), channels**-0.5, generator)
        self.cell = normal((channels, hidden), 0.5 * channels**-0.5, generator)
        self.group = normal((channels, hidden), 0.5 * channels**-0.5, generator)
        self.out = normal((hidden, channels), 0.3 * hidden**-0.5, generator)
        self.out_bias = nn.Parameter(torch.zeros(channels))
        self.read = normal((channels,), channels**-0.5, generator)

    def condition(self, x: Float[Tensor, "b n n n"], k: Int[Tensor, " b"]) -> CellCondition:
        """Return the clues of the problems `x` and the scales of their landscapes."""
        clue = (x.flatten(1, 2) + 1) / 2
        given = clue.sum(2, keepdim=True) > 0.5
        s = self.get_buffer("signal")[k]
        return CellCondition(clue, given, self._entering(clue, given, k), s, (1 - s.square()).sqrt())

    def _entering(
        self, clue: Float[Tensor, "b cells n"], known: Bool[Tensor, "b cells 1"], k: Int[Tensor, " b"]
    ) -> Float[Tensor, "b cells n hidden"]:
        """Return what clues, cells without one and landscapes add to the hidden units."""
        _, from_clue, from_free = self.inputs
        chosen = (k[:, None] == torch.arange(len(self.bias), device=k.device)).to(clue.dtype)
        entering: Tensor = clue[..., None] * from_clue + (~known)[..., None] * from_free
        return entering + (chosen @ self.bias)[:, None, None]

    def energy(self, condition: CellCondition, y: Float[Tensor, "b n n n"]) -> Float[Tensor, " b"]:
        """Return the energies of the points `y`, (b,)."""
        return self._energy_and_log_posterior(condition, y)[0]

    def energy_and_surprise(
        self, condition: CellCondition, y: Float[Tensor, "b n n n"], right: Float[Tensor, "b n n n"]
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, "b n n"]]:
        """Return the energies of the points `y`, (b,), and -ln p(right digit | y, x) of every cell, 0 at clues."""
        energy, log_posterior = self._energy_and_log_posterior(condition, y)
        return energy, one_hot_surprise(log_posterior.reshape(y.shape), right)

    def _energy_and_log_posterior(
        self, condition: CellCondition, y: Float[Tensor, "b n n n"]
    ) -> tuple[Float[Tensor, " b"], Float[Tensor, "b cells n"]]:
        y, s, sigma = y.flatten(1, 2), condition.signal, condition.sigma
        cells, log_posterior = one_hot_energy(self._logits(condition, y), y, s, sigma)
        energy = cells.masked_fill(condition.given[..., 0], 0).sum(1)
        return energy, log_posterior.masked_fill(condition.given, 0)

    def _logits(self, condition: CellCondition, y: Float[Tensor, "b cells n"]) -> Float[Tensor, "b cells n"]:
        """Return m: what is believed of every cell's digit before its own entries are counted."""
        own = beliefs(y, condition.signal, condition.sigma)
        return self._rounds(condition, torch.where(condition.given, condition.clue, own))

    def _rounds(self, condition: CellCondition, p: Float[Tensor, "b cells n"]) -> Float[Tensor, "b cells n"]:
        entering = (condition.entering + p[..., None] * self.inputs[0]).flatten(0, 2)
        z = self._out(entering)
        for _ in range(self.rounds - 1):
            z = z + self._out(self._gather(entering, z, len(p)))
        return (z @ self.read).reshape(p.shape)

    def _out(self, before: Float[Tensor, "entries hidden"]) -> Float[Tensor, "entries channels"]:
        return torch.addmm(self.out_bias, silu(before), self.out)

    def _gather(
        self, entering: Float[Tensor, "entries hidden"], z: Float[Tensor, "entries channels"], size: int
    ) -> Float[Tensor, "entries hidden"]:
        """Return what every entry hears: its inputs, itself, its cell and its groups, in few passes over memory."""
        incidence = self.get_buffer("incidence")
        n, (groups, cells) = self.n, incidence.shape
        in_cells = z.reshape(size, cells, n, -1).sum(2) / n**0.5 @ self.cell
        in_groups = (incidence @ z.reshape(size, cells, -1)).reshape(size, groups, n, -1) / n**0.5 @ self.group
        own = torch.addmm(entering, z, self.own).reshape(size, cells, -1)
        heard = torch.baddbmm(own, incidence.mT.expand(size, -1, -1), in_groups.flatten(2))
        every: Tensor = heard.reshape(size, cells, n, -1) + in_cells[:, :, None]
        return every.reshape(entering.shape)


class BoardConfig(RoundsConfig, ABC):
    """The sizes of an energy of cells that hear one another in rounds."""

    channels: Count = 16
    """Numbers per cell and digit that a round passes on."""
    hidden: Count = 32
    """Hidden units per cell and digit in a round."""
    rounds: Count = 8
    """Rounds, of one set of weights: the most in training, and those of solving unless `solve.rounds` says more."""
    least_rounds: Count = 4
    """The least rounds in training, where every step draws their number."""

    def groups(self, shape: Shape) -> Int[Tensor, "groups n"]:
        """Return the groups of a task's cells; a `ConfigurationError` if its answers are no board of digits."""
        groups = [group for family in shape.groups for group in family]
        if not groups or len(shape.y) != 3 or len(set(shape.y)) > 1:
            raise ConfigurationError(
                f"energy.name: {self.name} needs cells of one-hot digits that share groups, and the task has none"
            )
        return torch.tensor(groups)


class CellsConfig(BoardConfig):
    """An energy that verifies the cells of a board by the groups that they share; it fits boards of every size."""

    name: Literal["cells"] = "cells"

    def build(self, shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> CellEnergy:
        """Return the energy for a task whose cells share groups, with clues in digits."""
        groups = self.groups(shape)
        if shape.x != shape.y:
            raise ConfigurationError(
                f"energy.name: {self.name} needs clues in digits, shaped as answers, not {shape.x}; write seen-cells"
            )
        sizes = self.channels, self.hidden, self.rounds, self.least_rounds
        return CellEnergy(groups, diffusion.signal.cpu(), generator, *sizes)


def incidence(groups: Int[Tensor, "groups n"]) -> Float[Tensor, "groups cells"]:
    """Return 1 where a group holds a cell, (groups, n * n)."""
    n = groups.shape[-1]
    return torch.zeros(len(groups), n * n).scatter_(1, groups, 1)
