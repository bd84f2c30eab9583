"""An energy that is right solves every matrix task, the harder ones too: faults of the released solver stay out."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from ravine import build, read_run
from ravine.batch import Batch
from ravine.energies.computed import ComputedEnergy
from ravine.solver import Solver
from ravine.tasks.base import Task

PRESETS = ("addition", "square", "equation", "lu", "qr", "eigen", "det", "distances", "value-sort")


class Right(ComputedEnergy):
    """The energy around what a function of the problem says."""

    def __init__(self, answer: Callable[[Tensor], Tensor], signal: Tensor) -> None:
        super().__init__(signal)
        self.answer = answer

    def computed(self, x: Tensor) -> Tensor:
        return self.answer(x)


def parts(name: str) -> tuple[Task, Solver, Batch, Right]:
    config = read_run(name, ["task.n=5", "solve.steps=2"])
    task, solver = build.task(config), build.solver(config, build.task(config))
    batch = task.sample(200, torch.Generator().manual_seed(0), "harder")
    known: Any = getattr(task, "answer", lambda x: x.sum(1))
    return task, solver, batch, Right(known, solver.diffusion.signal)


def error(solver: Solver, batch: Batch, energy: Right) -> Tensor:
    start = torch.randn((1, *batch.y.shape), generator=torch.Generator().manual_seed(1))
    answer = solver.solve(energy, batch.problems(), start).answer
    return (answer - batch.y).abs().flatten(1).amax(1) / batch.y.abs().flatten(1).amax(1)


@pytest.mark.parametrize("name", PRESETS)
def test_answers_are_neither_clipped_nor_left_at_a_landscapes_scale(name: str) -> None:
    """The released solver returns sqrt(abar_0) of its last answer, and clips harder ones to the bound of training."""
    task, solver, batch, energy = parts(name)
    assert solver.bound == task.solve_bound
    assert error(solver, batch, energy).median() < 1e-3
    if float(batch.y.abs().max()) > task.bound:
        narrow = Solver(solver.diffusion, solver.descent, task.bound)
        assert error(narrow, batch, energy).max() > 0.05
