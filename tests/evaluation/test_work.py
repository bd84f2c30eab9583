"""Work is counted, the same each time; costly energies have fewer problems and coarser slices in their portraits."""

from typing import Any

import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.evaluation import plane, portrait
from ravine.evaluation.work import Work, work_of
from ravine.solver import Solver
from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrices.inverse import Inverse


def solver_of(diffusion: Diffusion) -> Solver:
    return Solver(diffusion, Descent(2), 2.0)


def test_entries_and_products_are_counted() -> None:
    with Work() as entries:
        torch.zeros(3, 5) + 1
    with Work() as products:
        torch.zeros(16, 16) @ torch.zeros(16, 16)
    assert entries.count == 2 * 15
    assert products.count == 2 * 256 + 256 + 256 * 16 // 16


def test_small_energies_are_drawn_whole(task: Inverse, ideal: Any) -> None:
    batch, solver = fixed_split(task, "same", 64).batch, solver_of(ideal.diffusion)
    work = work_of(ideal, batch, ideal.diffusion)
    assert work == work_of(ideal, batch, ideal.diffusion)
    assert portrait.problems_within(work, ideal, solver) == portrait.PROBLEMS
    assert portrait.points_within(work, solver) == plane.POINTS


def test_costly_ones_keep_within_the_bound(task: Inverse, ideal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    solver, split = solver_of(ideal.diffusion), fixed_split(task, "same", 16)
    work = work_of(ideal, split.batch, ideal.diffusion)
    monkeypatch.setattr(portrait, "MOST_WORK", work * 2000)
    calls: list[int] = []
    energy = ideal.energy

    def counted(condition: Any, y: Float[Tensor, "b *answer"]) -> Float[Tensor, " b"]:
        calls.append(len(y))
        result: Tensor = energy(condition, y)
        return result

    monkeypatch.setattr(ideal, "energy", counted)
    entry = portrait.portrait(task, ideal, solver, [split])["splits"]["same"]
    assert portrait.LEAST < entry["problems"] < len(split.batch)
    assert len(entry["slice"]["axis"]) < plane.POINTS
    assert sum(calls) < 2 * 2000
