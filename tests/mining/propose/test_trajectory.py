"""The state proposed is the one that a solver stopped before the row's landscape would return."""

from dataclasses import replace

import pytest
import torch
from tests.testing.toy import Shift

from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.mlp import MLP
from ravine.mining.context import MiningContext
from ravine.mining.free import root_mean_square
from ravine.mining.miner import Miner
from ravine.mining.propose.solver_answer import SolverAnswer
from ravine.mining.propose.trajectory import Trajectory, first_visit
from ravine.mining.refine.descent import Descend
from ravine.mining.select.only import Only
from ravine.solver import Solver
from ravine.testing import check_miner

DIFFUSION, TASK, ROWS = Diffusion.cosine(5), Shift(), 10


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def context() -> MiningContext:
    energy = MLP(TASK.x_shape, TASK.y_shape, 5, generator(2), width=16, embedding_width=8)
    solver = Solver(DIFFUSION, Descent(3), TASK.solve_bound)
    k = torch.arange(ROWS) % 5
    return MiningContext(energy, TASK, TASK.sample(ROWS, generator(1)), k, DIFFUSION, solver)


@pytest.mark.parametrize("steps", [0, 2])
@pytest.mark.parametrize("visits", [(), (4, 2, 0), (3, 1), (4, 1, 4, 0)])
def test_each_row_stands_where_a_shorter_solver_ends(
    context: MiningContext, visits: tuple[int, ...], steps: int
) -> None:
    assert context.solver is not None
    context = replace(context, solver=replace(context.solver, visits=visits))
    proposals = Trajectory(steps=steps)(context, 2, generator())
    starts = context.standard_normal(2, generator())
    order = visits or (4, 3, 2, 1, 0)
    for row in range(ROWS):
        level, batch = int(context.k[row]), context.batch.rows(slice(row, row + 1))
        before = order[: next((i for i, visited in enumerate(order) if visited <= level), len(order))]
        expected = batch.problems().y.repeat(2, 1, 1)
        if before:
            solver = replace(Trajectory(steps=steps).solver(context), visits=before)
            expected = solver.solve(context.energy, batch.repeat(2).problems(), starts[row][None]).answer
        torch.testing.assert_close(proposals[row], expected, rtol=1e-4, atol=1e-5)


def test_a_landscape_that_is_left_out_stands_before_the_next_sharper_one() -> None:
    assert first_visit((4, 2, 0), torch.tensor([4, 3, 2, 1, 0])).tolist() == [0, 1, 1, 2, 2]
    assert first_visit((4, 3), torch.tensor([4, 3, 2])).tolist() == [0, 1, 2]


def test_the_solvers_answer_is_what_stands_after_the_last(context: MiningContext) -> None:
    assert context.solver is not None
    short = replace(context, k=torch.zeros_like(context.k), solver=replace(context.solver, visits=(4, 3)))
    assert torch.equal(Trajectory()(short, 2, generator()), SolverAnswer()(short, 2, generator()))


def test_states_that_are_too_far_out_lie_at_the_radius(context: MiningContext) -> None:
    free, held = (Trajectory(radius=radius)(context, 2, generator()).flatten(0, 1) for radius in (None, 2.0))
    around = context.repeat(2)
    out, kept = (root_mean_square(around.in_noise_units(states), around.batch) for states in (free, held))
    assert 0 < int((out > 2).sum()) < len(out)
    torch.testing.assert_close(kept, out.clamp(max=2.0))
    inside = out <= 2
    torch.testing.assert_close(held[inside], free[inside])


def test_it_conforms() -> None:
    check_miner(Miner(Trajectory(radius=0.5), Descend(), Only()), TASK)
    check_miner(Miner(Trajectory(steps=1), Descend(steps=1), Only(candidates=2)), TASK)
