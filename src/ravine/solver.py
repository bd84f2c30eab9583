"""Annealed inference: an answer is descended from the smoothest landscape to the sharpest."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch, by_problem, per_problem
from ravine.descent import Descent, projection
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy, refuse_compiled
from ravine.errors import ConfigurationError, InputError
from ravine.precision import Precision, arithmetic
from ravine.sampling import sample
from ravine.solution import Annealed, Solution, Trajectory, chosen
from ravine.tasks.answers import AnswerSpace, Reals

C = TypeVar("C", bound=Condition)
REALS = Reals()
ENTRIES_AT_ONCE = 2**19
"""Starts are solved side by side, about so many entries at once, so that memory does not grow with their number."""
NO_NOISE = "solve.renoise: this solver renoises between landscapes and was given no noise to do so"
Renoise = Callable[[int, slice], Tensor]
"""(step of the annealing, from 1; some starts) -> standard normal noise of these starts, (starts, b, ...)."""


@dataclass(frozen=True)
class Solver:
    """Per landscape: predict the clean answer, clip to `bound`, rescale, descend, unscale; then the next landscape.

    `renoise`: between landscapes the answers of all starts but the first are noised again with `renoise` times the next
    landscape's noise, so that they stay apart; 0 is IRED's own solver, in which they often end in one answer.
    `visits`: the landscapes in the order visited, some of them repeatedly perhaps; default: all, the smoothest first.
    Several starts keep, problem by problem, the answer whose decoded form has the lowest energy at landscape `rank`,
    with `rank_rounds` tied rounds of an energy that has such. Given entries are held throughout. Source: Du et al.
    2024, algorithm 2. A network that predicts noise alone has neither descent nor several starts: `sampling`. All but
    the ranking is computed in `precision`.
    """

    diffusion: Diffusion
    descent: Descent
    bound: float
    space: AnswerSpace = REALS
    renoise: float = 0.0
    visits: tuple[int, ...] = ()
    rank: int = 0
    rank_rounds: int | None = None
    precision: Precision = "float32"

    @property
    def order(self) -> tuple[int, ...]:
        """The landscapes in the order in which they are visited."""
        return self.visits or tuple(reversed(range(self.diffusion.landscapes)))

    @property
    def evaluations(self) -> int:
        """The energy evaluations of one start: at every visit a prediction and the descent's points."""
        return len(self.order) * (self.descent.steps + 2)

    def evaluations_by(self, energy: Energy[Any]) -> int:
        """Return the evaluations of one start: of a network that predicts noise alone, one at every visit."""
        return self.evaluations if energy.has_energy else len(self.order)

    @torch.no_grad()
    def solve(
        self,
        energy: Energy[C],
        problems: Batch,
        starts: Float[Tensor, "starts b *answer"],
        renoise: Renoise | None = None,
    ) -> Solution:
        """Solve the problems from each of the `starts` (standard normal noise) and keep the lowest energies.

        Of `problems.y` only given entries are read. `renoise` is needed where the solver renoises. A
        `ConfigurationError` says what asks for energies where there are none.
        """
        if not energy.has_energy:
            return self._sampled(energy, problems, starts, renoise)
        done = self.anneal(energy, problems, starts, renoise, rank=len(starts) > 1)
        answer, value = chosen(done.answers, done.energies), chosen(done.energies, done.energies)
        return Solution(answer, value, done.answers, done.energies, done.trajectory, self.evaluations)

    def _sampled(self, network: Energy[C], problems: Batch, starts: Tensor, renoise: Renoise | None) -> Solution:
        """Return what a network that predicts noise alone makes of its one start."""
        refuse_compiled(network)
        asked = {"steps": (self.descent.steps > 0, 0), "starts": (len(starts) > 1, 1), "renoise": (self.renoise > 1, 1)}
        for field, (asks, instead) in asked.items():
            if asks:
                why = f"{type(network).__name__} predicts the noise and has no energy"
                raise ConfigurationError(f"solve.{field}: {why}; write {instead}")
        if self.renoise and renoise is None:
            raise InputError(NO_NOISE)
        fresh = None if renoise is None else lambda visit: renoise(visit, slice(0, 1))[0]
        with arithmetic(self.precision, problems.x.device):
            way = sample(network, problems, starts[0], self.diffusion, self.order, self.bound, self.renoise, fresh)
        return Solution(way.answers[-1], None, way.answers[-1:], None, way, self.evaluations_by(network))

    def anneal(
        self,
        energy: Energy[C],
        problems: Batch,
        starts: Float[Tensor, "starts b *answer"],
        renoise: Renoise | None,
        first: int = 0,
        rank: bool = True,
    ) -> "Annealed":
        """Return where the `starts` end, as many at a time as memory allows; they are numbered from `first` on.

        `rank`: whether their energies are those that starts are ranked by.
        """
        refuse_compiled(energy)
        if self.renoise and rank and renoise is None:
            raise InputError(NO_NOISE)
        width = max(1, ENTRIES_AT_ONCE // problems.y.numel())
        parts = [
            self._anneal(energy, problems, some, further(renoise, first + index * width, len(some)), rank)
            for index, some in enumerate(torch.split(starts, width))
        ]
        answers, energies = (torch.cat([getattr(part, of) for part in parts]) for of in ("answers", "energies"))
        return Annealed(answers, energies, parts[0].trajectory)

    def _anneal(
        self, energy: Energy[C], problems: Batch, starts: Tensor, renoise: Callable[[int], Tensor] | None, rank: bool
    ) -> "Annealed":
        count, diffusion = len(starts), self.diffusion
        rows = problems.repeat(count)
        y, answer, value = by_start(starts), torch.zeros_like(rows.y), rows.y.new_zeros(len(rows))
        answers, traces, accepted = [], [], []
        with arithmetic(self.precision, problems.x.device):
            for visit, level in enumerate(self.order):
                k = torch.full((len(problems),), level, device=problems.x.device)
                condition, k = energy.condition(problems.x, k).repeat(count), k.repeat_interleave(count)
                project = projection(diffusion, k, self.bound, rows.given, rows.y)
                if visit:
                    y = diffusion.scale(answer, k)
                    if renoise is not None and self.renoise:
                        y = y + self.renoise * per_problem(diffusion.sigma[k], y) * by_start(renoise(visit))
                y = held(rows, y, diffusion.scale(rows.y, k))
                eps = energy.energy_and_gradient(condition, y).gradient
                answer = rows.hold(diffusion.predict_clean(y, k, eps).clamp(-self.bound, self.bound))
                point = diffusion.scale(answer, k)
                if self.descent.steps:
                    end = self.descent.run(energy, condition, point, diffusion.step_size[k], project)
                    answer = rows.hold(diffusion.unscale(end.y, k).clamp(-self.bound, self.bound))
                    value, trace, share = end.energy, end.trace, end.accepted
                else:
                    value = energy.energy(condition, point)
                    trace, share = value[None], torch.full_like(value, torch.nan)
                traces.append(trace[:, ::count])
                accepted.append(share[::count])
                answers.append(answer[::count])
        way = Trajectory(self.order, torch.stack(answers), torch.stack(traces), torch.stack(accepted))
        if rank:
            value = self._ranked(energy, problems, rows, answer)
        return Annealed(by_problem(answer, count).movedim(1, 0), by_problem(value, count).T, way)

    def _ranked(self, energy: Energy[C], problems: Batch, rows: Batch, answer: Tensor) -> Tensor:
        """Return the energies of the decoded answers at the landscape that ranks."""
        count = len(rows) // len(problems)
        k = torch.full((len(problems),), self.rank, device=answer.device)
        energy = energy if self.rank_rounds is None else energy.with_rounds(self.rank_rounds)
        condition = energy.condition(problems.x, k).repeat(count)
        decoded = rows.hold(self.space.decode(answer))
        return energy.energy(condition, self.diffusion.scale(decoded, k.repeat_interleave(count)))


def held(rows: Batch, y_k: Tensor, right: Tensor) -> Tensor:
    """Return points of a landscape with the given entries at their scaled right values."""
    return y_k if rows.given is None else torch.where(rows.given, right, y_k)


def by_start(noise: Float[Tensor, "starts b *answer"]) -> Float[Tensor, "rows *answer"]:
    """Return every start's noise as rows, the starts of one problem next to one another."""
    return noise.movedim(0, 1).flatten(0, 1)


def further(renoise: Renoise | None, first: int, count: int) -> Callable[[int], Tensor] | None:
    """Return the noise of `count` starts from start number `first` on: none for the very first."""
    if renoise is None or first + count == 1:
        return None

    def noise(visit: int) -> Tensor:
        some = renoise(visit, slice(first, first + count))
        return some if first else torch.cat([torch.zeros_like(some[:1]), some[1:]])

    return noise
