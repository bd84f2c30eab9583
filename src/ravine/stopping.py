"""Solving that stops, problem by problem, at an answer which the task's own verifier takes for right."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ravine.batch import Batch
from ravine.energies.base import Energy
from ravine.solution import Solution, Trajectory, chosen
from ravine.solver import C, Renoise, Solver

Verifier = Callable[[Batch, Tensor], Tensor]
"""(problems without their right answers, answers) -> which are right, (b,)."""


@dataclass(frozen=True)
class StoppedSolution(Solution):
    """A solution whose right answers are chosen before any energy is asked.

    `right`, `run`: which starts' answers the verifier takes for right and which starts were solved from, (starts, b). A
    start that was spared holds the problem's first right answer and its energy.
    """

    right: Bool[Tensor, "starts b"]
    run: Bool[Tensor, "starts b"]

    def best_of(self, starts: int) -> Float[Tensor, "b *answer"]:
        """Return each problem's first right answer among its first `starts`, of none the one of lowest energy."""
        assert self.energies is not None  # several starts are chosen from, which a network without energy has not
        return chosen(self.answers[:starts], ranked(self.energies, self.right)[:starts])

    def started(self, starts: int) -> float:
        """Return how many of the first `starts` a problem was started from, the mean over problems."""
        return float(self.run[:starts].double().sum(0).mean())


@dataclass(frozen=True)
class UntilSolved(Solver):
    """A solver that starts no problem again of which the `verifier` takes an answer for right.

    Starts are solved in parts: the first, the second, then as many as before; a problem leaves after the part that
    solves it. A single start is solved as ever.
    """

    verifier: Verifier = field(kw_only=True)

    @torch.no_grad()
    def solve(
        self,
        energy: Energy[C],
        problems: Batch,
        starts: Float[Tensor, "starts b *answer"],
        renoise: Renoise | None = None,
    ) -> Solution:
        """Solve the problems until each is right or has no start left; of one never right keep the lowest energy."""
        if len(starts) == 1:
            return super().solve(energy, problems, starts, renoise)
        if not energy.has_energy:
            return super().solve(energy, problems, starts, renoise)  # which refuses them
        answers, energies = torch.zeros_like(starts), starts.new_zeros(starts.shape[:2])
        right, run = (torch.zeros_like(energies, dtype=torch.bool) for _ in range(2))
        ways: list[Trajectory] = []
        for part in doubling(len(starts)):
            rows = (~right.any(0)).nonzero()[:, 0]
            if not len(rows):
                break
            some = problems.rows(rows)
            done = self.anneal(energy, some, starts[part, rows], of_rows(renoise, rows), part.start)
            answers[part, rows], energies[part, rows] = done.answers, done.energies
            right[part, rows] = torch.stack([self.verifier(some, answer) for answer in done.answers])
            run[part, rows] = True
            ways.append(done.trajectory)
        ranks = ranked(energies.masked_fill(~run, torch.nan), right)
        answer, value = chosen(answers, ranks), chosen(energies, ranks)
        answers = torch.where(run.reshape(*run.shape, *[1] * (answers.dim() - 2)), answers, answer)
        energies = torch.where(run, energies, value)
        return StoppedSolution(answer, value, answers, energies, ways[0], self.evaluations, right | ~run, run)


def ranked(energies: Float[Tensor, "starts b"], right: Bool[Tensor, "starts b"]) -> Float[Tensor, "starts b"]:
    """Return what starts are chosen by: their energies, below all of which a right answer lies."""
    return energies.masked_fill(right, -torch.inf)


def of_rows(renoise: Renoise | None, rows: Tensor) -> Renoise | None:
    """Return the noise of the problems in `rows` alone."""
    return None if renoise is None else lambda visit, some: renoise(visit, some)[:, rows]


def doubling(count: int) -> list[slice]:
    """Return `count` starts in parts: 1, 1, 2, 4, ... of them; those of fewer are the first of those of more."""
    edges = [0, *(2**power for power in range(count.bit_length()) if 2**power < count), count]
    return [slice(*pair) for pair in pairwise(edges)]
