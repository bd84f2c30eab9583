"""A run's `landscapes.json`: measures, distance, a slice and answers forming, on every split."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.energies.base import Energy
from ravine.evaluation import landscapes, plane
from ravine.evaluation.rivals import STARTS, rivals_of
from ravine.evaluation.score import solve_fixed
from ravine.evaluation.work import work_of
from ravine.seeding import Seeds
from ravine.solution import Trajectory
from ravine.solver import Solver
from ravine.tasks.answers import AnswerSpace
from ravine.tasks.base import Task
from ravine.tasks.fixed import FixedSplit

PROBLEMS = 64
LEAST = 2
"""Problems that even the costliest energy is asked about."""
LEAST_POINTS = 5
"""Points on a side of its slice."""
MOST_WORK = 5 * 10**10
"""Entries written for one split's problems, and for its slice: a minute or two of one core, of costly energies."""
SHOWN = 3
"""Problems whose answers are shown forming."""
MOST_ROWS = 32
"""Of larger matrices the upper left corner is shown."""


def portrait(
    task: Task, energy: Energy[Any], solver: Solver, splits: Sequence[FixedSplit], device: torch.device | str = "cpu"
) -> dict[str, Any]:
    """Return what the energy has learned on the first problems of each split, in the form of `landscapes.json`."""
    return {"splits": {split.name: of_split(task, energy, solver, split, device) for split in splits}}


def of_split(
    task: Task, energy: Energy[Any], solver: Solver, split: FixedSplit, device: torch.device | str
) -> dict[str, Any]:
    """Return one split's entry of `landscapes.json`; solving starts where the run's evaluation does."""
    work = work_of(energy, split.batch.rows(slice(1)).to(device), solver.diffusion)
    batch = split.batch.rows(slice(problems_within(work, energy, solver))).to(device)
    seeds = Seeds(0, ("fixed", task.identity, split.name, "landscapes"))
    way = solve_fixed(task, energy, solver, split.name, 0, batch, 1).trajectory
    rivals = rivals_of(task, energy, solver, split.name, batch) if energy.has_energy else None
    kept = accepted(way.accepted, solver)
    measured = landscapes.landscapes(energy, batch, solver.diffusion, kept, seeds, task.space, rivals)
    return {
        "problems": len(batch),
        **landscapes.described(measured),
        **cut(energy, batch, way, solver, seeds.child("slice"), work),
        "forming": {
            **forming(batch.y[:SHOWN], way.answers[:, :SHOWN], solver.order, task.space),
            **beside(task, batch.rows(slice(SHOWN)), way),
        },
    }


def problems_within(work: int, energy: Energy[Any], solver: Solver) -> int:
    """Return how many problems are measured: as many as `MOST_WORK` allows at the `work` of an evaluation."""
    solved = (1 + STARTS) * solver.evaluations_by(energy)
    measured = solver.diffusion.landscapes * (1 + len(landscapes.DISTANCES) + landscapes.CANDIDATES + STARTS)
    return min(PROBLEMS, max(LEAST, MOST_WORK // (work * (solved + measured))))


def points_within(work: int, solver: Solver) -> int:
    """Return how many points the finest grid of a slice has on a side, within `MOST_WORK` too."""
    return min(plane.POINTS, max(LEAST_POINTS, math.isqrt(MOST_WORK // (work * (solver.diffusion.landscapes + 1)))))


def cut(energy: Energy[Any], batch: Batch, way: Trajectory, solver: Solver, seeds: Seeds, work: int) -> dict[str, Any]:
    """Return the slice through the first problem's right answer as an entry of its split; nothing without an energy."""
    if not energy.has_energy:
        return {}
    points, problem = points_within(work, solver), batch.rows(slice(1))
    made = plane.energy_slice(energy, problem, way.answers[:, 0], solver.diffusion, seeds, points=points)
    return {"slice": plane.described(made)}


def accepted(shares: Tensor, solver: Solver) -> list[float]:
    """Return each landscape's share of steps kept, a mean over its visits and problems; nan for one never visited."""
    order = torch.tensor(solver.order, device=shares.device)
    return [landscapes.mean(shares[order == k]) for k in range(solver.diffusion.landscapes)]


def forming(right: Tensor, answers: Tensor, order: Sequence[int], space: AnswerSpace) -> dict[str, Any]:
    """Return right answers (b, ...) and those after each visit in `order` (visits, b, ...) as matrices to be shown.

    `digits`: the numbers are the cells' values, from 0, as the answers decode.
    """
    return {
        "right": [matrix(y) for y in space.shown(right)],
        "answers": [[matrix(y) for y in space.shown(way)] for way in answers.transpose(0, 1)],
        "k": list(order),
        "digits": space.symbolic,
    }


def beside(task: Task, shown: Batch, way: Trajectory) -> dict[str, Any]:
    """Return what a reader of answers forming looks for, as far as there is such a thing.

    `energies`: each problem's along every descent, [problem][visit][point]; `given`: matrices of 1 at given cells of
    symbols; `symbols`, `rulers`: of a board.
    """
    found: dict[str, Any] = {}
    if way.energies is not None:
        found["energies"] = [written(trace) for trace in way.energies[..., : len(shown)].movedim(2, 0)]
    if task.space.symbolic and shown.given is not None:
        cells = task.space.cells(shown.given).float()
        found["given"] = [matrix(row.reshape(y.shape)) for row, y in zip(cells, task.space.shown(shown.y), strict=True)]
    if (files := task.files()) is not None and files.board is not None:
        found |= {"symbols": files.board.symbols, "rulers": list(files.board.rulers)}
    return found


def matrix(answer: Tensor) -> list[list[float]]:
    """Return an answer as rows of numbers to four digits; vectors are one row, of large ones the corner is kept."""
    return written(answer.reshape(-1, answer.shape[-1])[:MOST_ROWS, :MOST_ROWS])


def written(rows: Tensor) -> list[list[float]]:
    """Return rows of numbers to four digits."""
    return [[float(f"{value:.4g}") for value in row] for row in rows.tolist()]
