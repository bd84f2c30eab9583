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
from ravine.tasks.matrices.inverse import Inverse


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
    assert [(entry.steps, entry.starts) for entry in found] == [(0, 1), (0, 3), (2, 1), (2, 3)]
    for entry in found:
        whole = score(task, energy, solver_of(entry.steps), split, entry.starts)
        assert list(entry.metrics) == ["mse", "residual", "solved"]
        for name, measured in entry.metrics.items():
            assert measured.mean == pytest.approx(whole.metrics[name].mean, rel=1e-5)
            assert measured.standard_error == pytest.approx(whole.metrics[name].standard_error, rel=1e-4)
        assert 1 <= entry.distinct <= entry.starts
        assert entry.ceiling >= entry.metrics["solved"].mean
        assert entry.evaluations == whole.evaluations
    assert sum(seen) == 24 * 2 * 3
    assert found[0].seconds < found[1].seconds
