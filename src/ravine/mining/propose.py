"""Where negatives start from: proposals in answer space, inside the bound, given entries held."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import by_problem, per_problem
from ravine.mining.context import MiningContext


@runtime_checkable
class Propose(Protocol):
    """A source of first guesses at wrong answers."""

    def __call__(
        self, context: MiningContext, candidates: int, generator: torch.Generator
    ) -> Float[Tensor, "b m *answer"]:
        """Return `candidates` proposals for every problem of the context."""
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
        k, diffusion = context.k, context.diffusion
        spread = self.scale * diffusion.sigma[k] / diffusion.signal[k]
        return around_right(context, per_problem(spread, z) * z)


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
