"""The solver's own wrong answers, and how often the energy prefers them to right ones."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ravine.batch import Batch
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.evaluation.score import solve_fixed
from ravine.solver import Solver
from ravine.tasks.base import Task

STARTS = 8
RENOISE = 1.0
"""Of starts whose own solver does not renoise: they would end in one answer."""


@dataclass(frozen=True)
class Rivals:
    """Every start's decoded answers, (starts, b, ...), and which of them the verifier refuses, (starts, b)."""

    answers: Float[Tensor, "starts b *answer"]
    wrong: Bool[Tensor, "starts b"]


@torch.no_grad()
def rivals_of(
    task: Task, energy: Energy[Any], solver: Solver, split: str, batch: Batch, starts: int = STARTS
) -> Rivals:
    """Return what the solver makes of the first problems of a fixed split, in `batch`, from several renoised starts."""
    renoised = replace(solver, renoise=solver.renoise or RENOISE)
    found = solve_fixed(task, energy, renoised, split, 0, batch, starts).answers
    decoded = torch.stack([batch.hold(task.space.decode(answer)) for answer in found])
    return Rivals(decoded, torch.stack([~task.solved(batch, answer) for answer in decoded]))


def auc(
    energy: Energy[Any],
    condition: Any,
    k: Int[Tensor, " b"],
    right: Float[Tensor, " b"],
    rivals: Rivals,
    diffusion: Diffusion,
) -> float:
    """Return the probability that a right answer's energy `right` lies below a wrong one's, ties counting one half.

    Problems with a wrong answer count alike; a pair without two energies, one of them not a number, does not count.
    nan where there is no pair.
    """
    energies = torch.stack([energy.energy(condition, diffusion.scale(answer, k)) for answer in rivals.answers])
    below = (right < energies).double() + (right == energies).double() / 2
    absent = ~rivals.wrong | energies.isnan() | right.isnan()
    by_problem = below.masked_fill(absent, torch.nan).nanmean(0)
    return float(by_problem.nanmean())
