"""Where negatives start from: proposals in answer space, inside the bound, given entries held."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import by_problem, per_problem
from ravine.energies.base import Energy
from ravine.mining.context import MiningContext

Corrupt = Callable[[Tensor, float, torch.Generator], Tensor]
"""(answers (b, ...), rate, generator) -> wrong answers (b, ...): a task's label corruption."""

Solve = Callable[[Energy[Any], Tensor, Tensor], Tensor]
"""(energy, problems (b, ...), starts (b, ...)) -> answers (b, ...): the solver's present answers."""


@runtime_checkable
class Propose(Protocol):
    """A source of first guesses at wrong answers."""

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return `candidates` proposals for every problem of the context."""
        ...


@runtime_checkable
class Costly(Protocol):
    """A source of proposals that evaluates the energy to make them; one without `evaluations` costs nothing."""

    @property
    def evaluations(self) -> int:
        """Energy evaluations that one proposal for one problem takes."""
        ...


@dataclass(frozen=True)
class Noise:
    """The right answer under `scale` times the noise of its landscape: y_k + scale sigma_k z, unscaled (IRED: 3.0)."""

    scale: float = 3.0

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return the noised answers, brought back to answer space."""
        z = standard_normal(context, candidates, generator)
        return around_right(context, per_problem(self.scale * context.noise_level(), z) * z)


@dataclass(frozen=True)
class MatchedNoise:
    """The right answer plus noise of `scale` times the answer's own root mean square, the same on every landscape."""

    scale: float = 1.0

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return the right answers moved by matched noise."""
        z = standard_normal(context, candidates, generator)
        return around_right(context, per_problem(self.scale * context.spread(), z) * z)


@dataclass(frozen=True)
class Corruption:
    """The task's own corruption of the right answer, at `rate`."""

    corrupt: Corrupt
    rate: float = 0.25

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return the corrupted answers."""
        around = context.repeat(candidates)
        return by_problem(around.hold(self.corrupt(around.batch.y, self.rate, generator)), candidates)


@dataclass(frozen=True)
class SolverAnswer:
    """The solver's present answer from a fresh start: what the energy now believes, at `evaluations` an answer."""

    solve: Solve
    evaluations: int

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return the solver's answers, one start for each candidate."""
        starts = standard_normal(context, candidates, generator).flatten(0, 1)
        problems = context.batch.x.repeat_interleave(candidates, 0)
        answers = self.solve(context.energy, problems, starts)
        return by_problem(context.repeat(candidates).hold(answers), candidates)


@dataclass(frozen=True)
class Replay:
    """Offsets of earlier negatives laid round the present right answers; a share `refresh` comes from `fresh`.

    The problems of every step are new, so what is kept of a negative is its offset from its right answer in units
    of its landscape's noise. `capacity`: how many offsets are kept, the newest; they start as standard normal times
    `scale`.
    """

    fresh: Propose
    capacity: int
    refresh: float = 0.1
    scale: float = 3.0

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return replayed offsets round the right answers, refreshed in part."""
        memory = context.memory
        if memory is None:
            raise ValueError("a replay needs the context's memory: start it with `start_memory`")
        shape, device = (len(context.batch), candidates), context.k.device
        pick = torch.randint(len(memory), shape, generator=generator, device=device)
        renew = torch.rand(shape, generator=generator, device=device) < self.refresh
        offsets = memory[pick]
        replayed = around_right(context, per_problem(context.noise_level(), offsets) * offsets)
        return torch.where(
            renew.reshape(*shape, *[1] * (offsets.dim() - 2)), self.fresh(context, candidates, generator), replayed
        )

    def start_memory(self, answer_shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Return the memory before the first step, (capacity, ...)."""
        shape = (self.capacity, *answer_shape)
        return self.scale * torch.randn(shape, generator=generator, device=generator.device)


def remember(
    memory: Float[Tensor, "capacity *answer"], context: MiningContext, negatives: Float[Tensor, "b s *answer"]
) -> Float[Tensor, "capacity *answer"]:
    """Return the memory with the negatives' offsets in front and the oldest dropped."""
    offsets = context.repeat(negatives.shape[1]).in_noise_units(negatives.flatten(0, 1))
    return torch.cat([offsets, memory])[: len(memory)]


def standard_normal(
    context: MiningContext, candidates: int, generator: torch.Generator
) -> Float[Tensor, "b m *answer"]:
    """Return one N(0, 1) draw for every candidate of every problem."""
    y = context.batch.y
    shape = (y.shape[0], candidates, *y.shape[1:])
    return torch.randn(shape, generator=generator, device=y.device, dtype=y.dtype)


def around_right(context: MiningContext, offsets: Float[Tensor, "b m *answer"]) -> Float[Tensor, "b m *answer"]:
    """Return the right answers moved by `offsets`, held inside the bound and at the given entries."""
    candidates = offsets.shape[1]
    moved = context.batch.y[:, None] + offsets
    return by_problem(context.repeat(candidates).hold(moved.flatten(0, 1)), candidates)
