"""What a miner may see of a step."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ravine.batch import Batch, by_problem, per_problem
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.solver import Solver
from ravine.tasks.base import Task


@dataclass(frozen=True)
class MiningContext:
    """The energy as it stands, the task, problems with right answers, and their landscapes `k` (b,).

    `solver`: the run's way of solving; `memory`: what earlier negatives left behind, (capacity, ...), in units of
    noise; either is None where no proposal asks for it. `eps`: the noise that each right answer is shown under, known
    once a step's proposals are made.
    """

    energy: Energy[Any]
    task: Task
    batch: Batch
    k: Int[Tensor, " b"]
    diffusion: Diffusion
    solver: Solver | None = None
    memory: Float[Tensor, "capacity *answer"] | None = None
    eps: Float[Tensor, "b *answer"] | None = None

    @property
    def bound(self) -> float:
        """Entries of mined points lie within +-bound."""
        return self.task.bound

    def rows(self, rows: slice) -> "MiningContext":
        """Return the context of the problems in `rows` alone."""
        eps = None if self.eps is None else self.eps[rows]
        return replace(self, batch=self.batch.rows(rows), k=self.k[rows], eps=eps)

    def repeat(self, times: int) -> "MiningContext":
        """Return the context with every problem `times` times in a row, one for each of its candidates."""
        if times == 1:
            return self
        eps = None if self.eps is None else self.eps.repeat_interleave(times, 0)
        return replace(self, batch=self.batch.repeat(times), k=self.k.repeat_interleave(times, 0), eps=eps)

    def hold(self, answers: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return answers with every entry inside the bound and the given entries at their right values."""
        return self.batch.hold(answers.clamp(-self.bound, self.bound))

    def standard_normal(self, candidates: int, generator: torch.Generator) -> Float[Tensor, "b m *answer"]:
        """Return one N(0, 1) draw for every candidate of every problem."""
        y = self.batch.y
        shape = (y.shape[0], candidates, *y.shape[1:])
        return torch.randn(shape, generator=generator, device=y.device, dtype=y.dtype)

    def around_right(self, offsets: Float[Tensor, "b m *answer"]) -> Float[Tensor, "b m *answer"]:
        """Return the right answers moved by `offsets`, held inside the bound and at the given entries."""
        candidates = offsets.shape[1]
        moved = self.batch.y[:, None] + offsets
        return by_problem(self.repeat(candidates).hold(moved.flatten(0, 1)), candidates)

    def noise_level(self) -> Float[Tensor, " b"]:
        """Return sigma_k / sqrt(abar_k): the standard deviation in answer space of each problem's landscape noise."""
        return self.diffusion.noise_level(self.k)

    def spread(self) -> Float[Tensor, " b"]:
        """Return the root mean square of each right answer's entries, (b,)."""
        return self.batch.y.flatten(1).square().mean(1).sqrt()

    def in_noise_units(self, answers: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return the answers' offsets from the right ones, in units of each problem's landscape noise."""
        return (answers - self.batch.y) / per_problem(self.noise_level(), answers)
