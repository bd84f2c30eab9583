"""What solving returns: the answers of every start, the way there, and what it cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Trajectory:
    """The first start's way through the landscapes of every problem, in the order in which they are visited.

    `order`: the landscapes; `answers`: (visits, b, ...), after each; `energies`: (visits, steps + 1, b), along each
    descent, None without an energy; `accepted`: the share of descent steps kept, (visits, b), nan without a step.
    """

    order: tuple[int, ...]
    answers: Float[Tensor, "visits b *answer"]
    energies: Float[Tensor, "visits points b"] | None
    accepted: Float[Tensor, "visits b"]


@dataclass(frozen=True)
class Solution:
    """The chosen answers (b, ...) with their energies (b,), every start's beside them, the way there, and the cost.

    `answers`, `energies`: of every start, (starts, b, ...) and (starts, b): with several starts those that they are
    ranked by, of a single one that of the last landscape; `trajectory`: that of the first start; `per_start`: energy
    evaluations of one start, ranking not included. A network that predicts noise alone has one start and no energies.
    """

    answer: Float[Tensor, "b *answer"]
    energy: Float[Tensor, " b"] | None
    answers: Float[Tensor, "starts b *answer"]
    energies: Float[Tensor, "starts b"] | None
    trajectory: Trajectory
    per_start: int

    @property
    def evaluations(self) -> float:
        """Energy evaluations per problem, all starts included."""
        return self.evaluations_of(len(self.answers))

    def best_of(self, starts: int) -> Float[Tensor, "b *answer"]:
        """Return each problem's answer of lowest energy among its first `starts`."""
        return self.answers[0] if self.energies is None else chosen(self.answers[:starts], self.energies[:starts])

    def evaluations_of(self, starts: int) -> float:
        """Return the energy evaluations per problem of the first `starts` alone; of several, each is ranked."""
        return self.started(starts) * (self.per_start + (starts > 1))

    def started(self, starts: int) -> float:
        """Return how many of the first `starts` a problem was started from, the mean over problems."""
        return float(starts)


@dataclass(frozen=True)
class Annealed:
    """Some starts' answers (starts, b, ...), the energies they are ranked by (starts, b), and the first one's way."""

    answers: Float[Tensor, "starts b *answer"]
    energies: Float[Tensor, "starts b"]
    trajectory: Trajectory


S = TypeVar("S", bound=Solution)
PROBLEMS_AXIS = {"answer": 0, "energy": 0, "answers": 1, "energies": 1, "right": 1, "run": 1}
"""Where the problems lie in a solution's tensors."""


def joined(parts: Sequence[S]) -> S:
    """Return the solutions of several batches, solved alike, as one."""
    first = parts[0]
    if len(parts) == 1:
        return first
    ways = [part.trajectory for part in parts]
    energies = (
        None if ways[0].energies is None else torch.cat([way.energies for way in ways if way.energies is not None], 2)
    )
    answers, accepted = torch.cat([way.answers for way in ways], 1), torch.cat([way.accepted for way in ways], 1)
    whole: dict[str, Any] = {"trajectory": replace(ways[0], answers=answers, energies=energies, accepted=accepted)}
    for name, axis in PROBLEMS_AXIS.items():
        if getattr(first, name, None) is not None:
            whole[name] = torch.cat([getattr(part, name) for part in parts], axis)
    return replace(first, **whole)


def chosen(values: Float[Tensor, "starts b *shape"], energies: Float[Tensor, "starts b"]) -> Float[Tensor, "b *shape"]:
    """Return each problem's value at its start of lowest energy, of equal ones the first; NaN is never the lowest."""
    best = torch.where(energies.isnan(), torch.inf, energies).argmin(0)
    return values[best, torch.arange(len(best), device=best.device)]
