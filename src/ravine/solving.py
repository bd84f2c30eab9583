"""A user's own problems, of any scale, solved at the scale that an energy was trained on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch, per_problem
from ravine.energies.base import Energy
from ravine.errors import InputError
from ravine.solution import Solution
from ravine.solver import Renoise, Solver
from ravine.tasks.base import BLOCK, Task


@dataclass(frozen=True)
class Answers:
    """Answers to problems, (b, *answer), in float64 on the CPU and at the problems' own scale.

    `energy`: of each answer, (b,), if there is one; `checks`: what the task says of answers without knowing right ones,
    by name, (b,). Both are taken at the training scale, where `solution` is: it times `factor`, (b,), is the answer.
    """

    answer: Float[Tensor, "b *answer"]
    energy: Float[Tensor, " b"] | None
    checks: Mapping[str, Tensor]
    factor: Float[Tensor, " b"]
    solution: Solution


def solve(
    task: Task,
    energy: Energy[Any],
    solver: Solver,
    problems: Batch,
    starts: Float[Tensor, "starts b *answer"],
    renoise: Renoise | None = None,
) -> Answers:
    """Solve problems, in float64 on the CPU, from each of the `starts`, which lie where the energy does.

    Raises `InputError` for the first problem that is not finite, or has no finite answer.
    """
    x = problems.x
    refuse(~x.flatten(1).isfinite().all(1), "entries that are not finite")
    unit = units(task, x)
    scaled = replace(problems, x=x / per_problem(unit, x))
    there = Batch(scaled.x.float(), scaled.y.float(), scaled.given).to(starts.device)
    solution = solver.solve(energy, there, starts, renoise)
    answer = solution.answer.double().cpu()
    value = None if solution.energy is None else solution.energy.double().cpu()
    factor = unit ** (task.degree or 0)
    whole = answer * per_problem(factor, answer)
    finite = whole.flatten(1).isfinite().all(1)
    finite = finite if value is None else finite & value.isfinite()
    refuse(
        ~finite, "no finite answer; its numbers are too far from those trained on, or the run's weights are not finite"
    )
    return Answers(whole, value, task.checks(scaled, answer), factor, solution)


def refuse(rows: Tensor, why: str) -> None:
    """Raise an `InputError` that names the first problem of which `rows` is true, if there is one."""
    if rows.any():
        raise InputError(f"problem {int(rows.nonzero()[0])}: {why}")


def units(task: Task, x: Float[Tensor, "b *problem"]) -> Float[Tensor, " b"]:
    """Return how large each problem is beside those trained on, (b,); 1 where nothing says how answers scale."""
    if task.degree is None:
        return x.new_ones(len(x))
    (trained,) = task.fixed(task.splits[0], "fit", BLOCK)
    unit = norms(x) / norms(trained.x).mean()
    return torch.where(unit > 0, unit, 1.0)


def norms(x: Float[Tensor, "b *problem"]) -> Float[Tensor, " b"]:
    """Return the Euclidean norm over each row's entries, (b,); at a largest entry of 1, whose squares stay in range."""
    flat = x.flatten(1)
    largest = flat.abs().amax(1)
    relative: Tensor = torch.linalg.vector_norm(flat / torch.where(largest > 0, largest, 1.0)[:, None], dim=1)
    return relative * largest
