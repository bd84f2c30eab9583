import pytest
import torch
from torch import Tensor

from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.mlp import MLP
from ravine.evaluation.score import fixed_starts, score
from ravine.solver import Solver
from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrix import Inverse

TASK = Inverse(3)


@pytest.fixture
def energy() -> MLP:
    generator = torch.Generator().manual_seed(0)
    return MLP(TASK.x_shape, TASK.y_shape, 10, generator, width=24, embedding_width=8).requires_grad_(False)


def solver(steps: int) -> Solver:
    return Solver(Diffusion.cosine(10), Descent(steps), bound=4.0)


def problems(size: int, restarts: int) -> tuple[Tensor, Tensor]:
    return fixed_split(TASK, "same", size).batch.x, fixed_starts(TASK, "same", 0, size, restarts)


@pytest.mark.parametrize(("steps", "evaluations"), [(0, 20), (1, 30), (5, 70)])
def test_the_cost_is_what_was_evaluated(energy: MLP, steps: int, evaluations: int) -> None:
    x, starts = problems(4, 1)
    solution = solver(steps).solve(energy, x, starts)
    assert solution.evaluations == solver(steps).evaluations == evaluations
    assert solution.trajectory.answers.shape == (10, 4, 3, 3)
    assert torch.equal(solution.trajectory.answers[-1], solution.answer)
    assert solution.answer.abs().max() <= 4.0
    assert (solution.trajectory.energies.diff(dim=1) <= 0).all()


def test_restarts_keep_the_lowest_energy_of_each_problem(energy: MLP) -> None:
    x, starts = problems(12, 3)
    each = [solver(1).solve(energy, x, start[None]) for start in starts]
    together = solver(1).solve(energy, x, starts)
    energies = torch.stack([solution.energy for solution in each])
    assert torch.equal(together.energy, energies.min(0).values)
    assert len(set(energies.argmin(0).tolist())) > 1
    for row, winner in enumerate(energies.argmin(0).tolist()):
        assert torch.equal(together.answer[row], each[winner].answer[row])
    assert together.evaluations == 3 * each[0].evaluations


def test_scores_do_not_depend_on_the_chunk(energy: MLP) -> None:
    split = fixed_split(TASK, "harder", 70)
    whole, parts = (score(TASK, energy, solver(2), split, restarts=2, chunk=chunk) for chunk in (70, 16))
    torch.testing.assert_close(torch.from_numpy(whole.mse_per_problem), torch.from_numpy(parts.mse_per_problem))
    assert whole.evaluations == parts.evaluations


def test_starts_belong_to_problems() -> None:
    many = fixed_starts(TASK, "same", 0, 1500, 2)
    assert torch.equal(fixed_starts(TASK, "same", 990, 20, 1)[0], many[0, 990:1010])
    assert not torch.equal(many[0], many[1])


def test_the_way_tells_which_steps_were_kept(energy: MLP) -> None:
    x, starts = problems(6, 1)
    way = solver(4).solve(energy, x, starts).trajectory
    assert way.accepted.shape == (10, 6)
    falls = (way.energies.diff(dim=1) < 0).float().mean(1)  # a step that is kept and falls; ties are kept too
    assert (way.accepted >= falls).all()
    assert solver(0).solve(energy, x, starts).trajectory.accepted.isnan().all()
