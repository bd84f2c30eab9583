"""Annealed inference: an answer is descended from the smoothest landscape to the sharpest."""

from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import per_problem
from ravine.descent import Descent, projection
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, refuse_compiled

C = TypeVar("C", bound=Condition)


@dataclass(frozen=True)
class Trajectory:
    """The answer's way through the landscapes of every problem, the smoothest landscape first.

    `answers`: (K, b, ...), after each landscape; `energies`: (K, steps + 1, b), along each descent; `accepted`: the
    share of descent steps kept, (K, b), nan without a step.
    """

    answers: Float[Tensor, "K b *answer"]
    energies: Float[Tensor, "K points b"]
    accepted: Float[Tensor, "K b"]


@dataclass(frozen=True)
class Solution:
    """Answers (b, ...), their energies at the sharpest landscape (b,), the way there, and the cost.

    `evaluations`: energy evaluations per problem, restarts included; `trajectory`: that of the first start.
    """

    answer: Float[Tensor, "b *answer"]
    energy: Float[Tensor, " b"]
    trajectory: Trajectory
    evaluations: int


@dataclass(frozen=True)
class Solver:
    """Per landscape: predict the clean answer, clip to `bound`, rescale, descend, unscale; then the next landscape.

    Several starts keep, problem by problem, the answer of lowest energy. Source: Du et al. 2024, algorithm 2.
    """

    diffusion: Diffusion
    descent: Descent
    bound: float

    @property
    def evaluations(self) -> int:
        """The energy evaluations of one start: on every landscape a prediction, and the descent's points."""
        return self.diffusion.landscapes * (self.descent.steps + 2)

    @torch.no_grad()
    def solve(
        self, energy: Energy[C], x: Float[Tensor, "b *problem"], starts: Float[Tensor, "restarts b *answer"]
    ) -> Solution:
        """Solve the problems `x` from each of the `starts` (standard normal noise) and keep the lowest energies."""
        refuse_compiled(energy)
        best = self._anneal(energy, x, starts[0])
        for start in starts[1:]:
            other = self._anneal(energy, x, start)
            lower = other.energy < best.energy
            rows = per_problem(lower, start)
            best = Solution(
                torch.where(rows, other.answer, best.answer),
                torch.where(lower, other.energy, best.energy),
                best.trajectory,
                best.evaluations + other.evaluations,
            )
        return best

    def _anneal(self, energy: Energy[C], x: Tensor, start: Tensor) -> Solution:
        diffusion, y = self.diffusion, start
        answers: list[Tensor] = []
        traces: list[Tensor] = []
        accepted: list[Tensor] = []
        evaluations = 0
        answer, value = start, start.new_zeros(len(start))
        for level in reversed(range(diffusion.landscapes)):
            k = torch.full((len(x),), level, device=x.device)
            condition = energy.condition(x, k)
            if answers:
                y = diffusion.scale(answer, k)
            eps = energy.energy_and_gradient(condition, y).gradient
            answer = diffusion.predict_clean(y, k, eps).clamp(-self.bound, self.bound)
            evaluations += 1
            if self.descent.steps:
                project = projection(diffusion, k, self.bound)
                end = self.descent.run(energy, condition, diffusion.scale(answer, k), diffusion.step_size[k], project)
                answer, value = diffusion.unscale(end.y, k).clamp(-self.bound, self.bound), end.energy
                evaluations += end.evaluations
                traces.append(end.trace)
                accepted.append(end.accepted)
            else:
                value = energy.energy(condition, diffusion.scale(answer, k))
                evaluations += 1
                traces.append(value[None])
                accepted.append(torch.full_like(value, torch.nan))
            answers.append(answer)
        way = Trajectory(torch.stack(answers), torch.stack(traces), torch.stack(accepted))
        return Solution(answer, value, way, evaluations)
