"""A user's own problems, of any scale, solved at the scale that an energy was trained on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ravine import solution
from ravine.batch import Batch, joined, per_problem
from ravine.energies.base import Energy
from ravine.errors import InputError
from ravine.seeding import Seeds
from ravine.solution import Solution
from ravine.solver import ENTRIES_AT_ONCE, Renoise, Solver
from ravine.tasks.base import BLOCK, Task

NOT_FINITE = "no finite answer; its numbers are too far from those trained on, or the run's weights are not finite"


@dataclass(frozen=True)
class Answers:
    """Answers to problems, (b, *answer), in float64 on the CPU and at the problems' own scale.

    `energy`: of each answer, (b,), if there is one; `checks`: what the task says of answers without knowing right ones,
    by name, (b,). Both are taken at the training scale, where `solution` is: it times `factor`, (b,), is the answer.
    `problems`: as they were given.
    """

    problems: Batch
    answer: Float[Tensor, "b *answer"]
    energy: Float[Tensor, " b"] | None
    checks: Mapping[str, Tensor]
    factor: Float[Tensor, " b"]
    solution: Solution


def block_size(task: Task) -> int:
    """Return how many problems are solved at once."""
    return max(1, ENTRIES_AT_ONCE // prod(task.y_shape))


def blocks(pieces: Iterable[Batch], size: int) -> Iterator[Batch]:
    """Yield the problems of the pieces, however these were cut, `size` at a time, the last ones perhaps fewer."""
    kept: list[Batch] = []
    count = 0
    for piece in pieces:
        start = 0
        while start < len(piece):
            kept.append(piece.rows(slice(start, start + size - count)))
            start, count = start + len(kept[-1]), count + len(kept[-1])
            if count == size:
                yield joined(kept)
                kept, count = [], 0
    if kept:
        yield joined(kept)


def stream(
    task: Task,
    energy: Energy[Any],
    solver: Solver,
    pieces: Iterable[Batch],
    starts: int,
    seeds: Seeds,
    device: torch.device,
) -> Iterator[Answers]:
    """Solve problems, in float64 on the CPU, as they come, and yield the answers block by block, in order.

    The noise of a block is drawn from its number and `seeds`, that of the first as where there is no other: answers do
    not depend on how the problems arrive. Raises `InputError` for the first problem that is not finite, or has no
    finite answer.
    """
    first = 0
    for number, problems in enumerate(blocks(pieces, block_size(task))):
        of = seeds.child("block", str(number)) if number else seeds
        noise = torch.randn((starts, *problems.y.shape), generator=of.generator()).to(device)
        yield solve(task, energy, solver, problems, noise, renoising(of, problems, device), first)
        first += len(problems)


def renoising(seeds: Seeds, problems: Batch, device: torch.device) -> Renoise:
    """Return the noise of any start at any visit of a landscape."""

    def renoise(visit: int, some: slice) -> Tensor:
        path = ("renoise", str(visit))
        generators = [seeds.child(*path, str(start)).generator() for start in range(some.start, some.stop)]
        return torch.stack([torch.randn(problems.y.shape, generator=each) for each in generators]).to(device)

    return renoise


def whole(parts: Sequence[Answers]) -> Answers:
    """Return the answers to several blocks as one; an `InputError` if there is none."""
    if not parts:
        raise InputError("there is no problem to solve; give one or more")
    first = parts[0]
    if len(parts) == 1:
        return first
    return Answers(
        joined([part.problems for part in parts]),
        torch.cat([part.answer for part in parts]),
        None if first.energy is None else torch.cat([part.energy for part in parts if part.energy is not None]),
        {name: torch.cat([part.checks[name] for part in parts]) for name in first.checks},
        torch.cat([part.factor for part in parts]),
        solution.joined([part.solution for part in parts]),
    )


def solve(
    task: Task,
    energy: Energy[Any],
    solver: Solver,
    problems: Batch,
    starts: Float[Tensor, "starts b *answer"],
    renoise: Renoise | None = None,
    first: int = 0,
) -> Answers:
    """Solve problems, in float64 on the CPU, from each of the `starts`, which lie where the energy does.

    `first`: the number of the first. Raises `InputError` as `stream` does.
    """
    x = problems.x
    refuse(~x.flatten(1).isfinite().all(1), "entries that are not finite", first)
    unit = units(task, x)
    scaled = replace(problems, x=x / per_problem(unit, x))
    there = Batch(scaled.x.float(), scaled.y.float(), scaled.given).to(starts.device)
    done = solver.solve(energy, there, starts, renoise)
    answer = done.answer.double().cpu()
    value = None if done.energy is None else done.energy.double().cpu()
    factor = unit ** (task.degree or 0)
    scaled_back = answer * per_problem(factor, answer)
    finite = scaled_back.flatten(1).isfinite().all(1)
    finite = finite if value is None else finite & value.isfinite()
    refuse(~finite, NOT_FINITE, first)
    return Answers(problems, scaled_back, value, task.checks(scaled, answer), factor, done)


def refuse(rows: Tensor, why: str, first: int) -> None:
    """Raise an `InputError` that names the first problem of which `rows` is true, if there is one."""
    if rows.any():
        raise InputError(f"problem {first + int(rows.nonzero()[0])}: {why}")


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
