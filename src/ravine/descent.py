"""The accept/reject descent of an energy: the one inner loop, for solving and for mining."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ravine.batch import per_problem
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy

Keep = Literal["falling", "all"]
Projection = Callable[[Tensor], Tensor]
C = TypeVar("C", bound=Condition)


@dataclass(frozen=True)
class Descended:
    """Where a descent ended.

    `y`: the points, (b, ...); `energy` there and `start_energy` at the start, (b,); `accepted`: the share of steps
    kept, (b,); `trace`: the energy after each step, (steps + 1, b); `evaluations`: energy evaluations per problem.
    """

    y: Float[Tensor, "b *answer"]
    energy: Float[Tensor, " b"]
    start_energy: Float[Tensor, " b"]
    accepted: Float[Tensor, " b"]
    trace: Float[Tensor, "steps b"]
    evaluations: int


@dataclass(frozen=True)
class Descent:
    """`steps` gradient steps of `step_scale` eta_k, each kept only in the rows where the energy does not rise.

    `step_scale` may be a tuple, one scale a step. `keep = "all"` keeps rising steps too. Every point is evaluated once.
    Source: Du et al. 2024, algorithm 2.
    """

    steps: int
    step_scale: float | tuple[float, ...] = 1.0
    keep: Keep = "falling"

    def scale_of(self, step: int) -> float:
        """Return the scale of step number `step`, from 0."""
        return self.step_scale[step] if isinstance(self.step_scale, tuple) else self.step_scale

    def run(
        self,
        energy: Energy[C],
        condition: C,
        start: Float[Tensor, "b *answer"],
        step_size: Float[Tensor, " b"],
        project: Projection,
    ) -> Descended:
        """Descend from `start`, each step of size scale * `step_size` followed by `project`; at least one step."""
        with torch.no_grad():
            point = energy.energy_and_gradient(condition, start)
            y, value, gradient = start, point.energy, point.gradient
            eta = per_problem(step_size, start)
            trace, kept = [value], torch.zeros_like(value)
            for step in range(self.steps):
                candidate = project(torch.addcmul(y, eta, gradient, value=-self.scale_of(step)))
                goes_on = step + 1 < self.steps
                if goes_on:
                    point = energy.energy_and_gradient(condition, candidate)
                    new_value = point.energy
                else:  # nobody asks for the gradient where the descent ends
                    new_value = energy.energy(condition, candidate)
                keep = self._keeps(value, new_value)
                rows = per_problem(keep, candidate)
                y = torch.where(rows, candidate, y)
                gradient = torch.where(rows, point.gradient, gradient) if goes_on else gradient
                value = torch.where(keep, new_value, value)
                trace.append(value)
                kept = kept + keep
            return Descended(y, value, trace[0], kept / self.steps, torch.stack(trace), self.steps + 1)

    def _keeps(self, old: Float[Tensor, " b"], new: Float[Tensor, " b"]) -> Bool[Tensor, " b"]:
        return new <= old if self.keep == "falling" else torch.ones_like(old, dtype=torch.bool)


def projection(
    diffusion: Diffusion,
    k: Int[Tensor, " b"],
    bound: float,
    given: Bool[Tensor, "b *answer"] | None = None,
    answer: Float[Tensor, "b *answer"] | None = None,
) -> Projection:
    """Return the map that keeps points of landscape `k` inside the bound and, where `given`, at `answer`."""
    return partial(projected, diffusion=diffusion, k=k, bound=bound, given=given, answer=answer)


def projected(
    y_k: Float[Tensor, "b *answer"],
    diffusion: Diffusion,
    k: Int[Tensor, " b"],
    bound: float,
    given: Bool[Tensor, "b *answer"] | None,
    answer: Float[Tensor, "b *answer"] | None,
) -> Float[Tensor, "b *answer"]:
    """Return points of landscape `k` clipped to the bound and, where `given`, put at `answer`."""
    inside = diffusion.clip(y_k, k, bound)
    if given is None or answer is None:
        return inside
    return torch.where(given, diffusion.scale(answer, k), inside)
