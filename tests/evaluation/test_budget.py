"""Accuracy against budgets: what the solver would give at each, at the cost it would count."""

import pytest
import torch

from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.mlp import MLP
from ravine.evaluation.budget import budget_scores
from ravine.evaluation.score import score
from ravine.solver import Solver
from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrix import Inverse


@pytest.fixture
def energy(task: Inverse) -> MLP:
    generator = torch.Generator().manual_seed(0)
    return MLP(task.x_shape, task.y_shape, 5, generator, width=24, embedding_width=8).requires_grad_(False)


def solver_of(steps: int) -> Solver:
    return Solver(Diffusion.cosine(5), Descent(steps), bound=4.0)


def test_every_budget_is_what_solving_with_it_gives(task: Inverse, energy: MLP) -> None:
    split = fixed_split(task, "same", 24)
    seen: list[int] = []
    found = budget_scores(task, energy, solver_of, split, [0, 2], [1, 3], tick=seen.append, chunk=10)
    assert [(entry.steps, entry.restarts) for entry in found] == [(0, 1), (0, 3), (2, 1), (2, 3)]
    for entry in found:
        whole = score(task, energy, solver_of(entry.steps), split, entry.restarts)
        assert entry.mse == pytest.approx(whole.mse, rel=1e-5)
        assert entry.standard_error == pytest.approx(whole.standard_error, rel=1e-4)
        assert entry.residual == pytest.approx(whole.residual, rel=1e-5)
        assert entry.evaluations == whole.evaluations
    assert sum(seen) == 24 * 2 * 3
    assert found[0].seconds < found[1].seconds
