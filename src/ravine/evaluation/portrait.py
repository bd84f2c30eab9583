"""A run's `landscapes.json`: measures, distance, a slice and answers forming, on every split."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ravine.energies.base import Energy
from ravine.evaluation import landscapes, plane
from ravine.evaluation.score import fixed_starts
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.tasks.base import Task
from ravine.tasks.fixed import FixedSplit

PROBLEMS = 64
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
    batch = split.batch.rows(slice(PROBLEMS)).to(device)
    seeds = Seeds(0, ("fixed", task.identity, split.name, "landscapes"))
    starts = fixed_starts(task, split.name, 0, len(batch), 1).to(device)
    way = solver.solve(energy, batch.x, starts).trajectory
    measured = landscapes.landscapes(energy, batch, solver.diffusion, way.accepted, seeds)
    first = batch.x[:1], batch.y[:1], way.answers[:, 0]
    cut = plane.energy_slice(energy, *first, solver.diffusion, seeds.child("slice"))
    return {
        "problems": len(batch),
        **landscapes.described(measured),
        "slice": plane.described(cut),
        "forming": forming(batch.y[:SHOWN], way.answers[:, :SHOWN]),
    }


def forming(right: Tensor, answers: Tensor) -> dict[str, Any]:
    """Return right answers (b, ...) and those after each landscape (K, b, ...) as matrices to be shown."""
    return {
        "right": [matrix(y) for y in right],
        "answers": [[matrix(y) for y in way] for way in answers.transpose(0, 1)],
        "k": list(reversed(range(len(answers)))),
    }


def matrix(answer: Tensor) -> list[list[float]]:
    """Return an answer as rows of numbers to four digits; vectors are one row, of large ones the corner is kept."""
    rows = answer.reshape(-1, answer.shape[-1])[:MOST_ROWS, :MOST_ROWS]
    return [[float(f"{value:.4g}") for value in row] for row in rows.tolist()]
