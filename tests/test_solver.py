from dataclasses import replace

import pytest
import torch
from torch import Tensor

from ravine import build
from ravine import solver as solving
from ravine.batch import Batch
from ravine.config import read_run
from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.mlp import MLP
from ravine.errors import ConfigurationError, InputError
from ravine.evaluation.score import fixed_starts, score
from ravine.solution import chosen
from ravine.solver import Solver
from ravine.tasks.answers import OneHot
from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrices.inverse import Inverse

TASK = Inverse(3)
DIFFUSION = Diffusion.cosine(10)


@pytest.fixture
def energy() -> MLP:
    generator = torch.Generator().manual_seed(0)
    return MLP(TASK.x_shape, TASK.y_shape, 10, generator, width=24, embedding_width=8).requires_grad_(False)


def solver(steps: int) -> Solver:
    return Solver(DIFFUSION, Descent(steps), bound=4.0)


def problems(size: int, starts: int) -> tuple[Batch, Tensor]:
    batch = fixed_split(TASK, "same", size).batch
    return batch, fixed_starts(TASK, "same", 0, batch, starts)


@pytest.mark.parametrize(("steps", "evaluations"), [(0, 20), (1, 30), (5, 70)])
def test_the_cost_is_what_was_evaluated(energy: MLP, steps: int, evaluations: int) -> None:
    batch, starts = problems(4, 1)
    solution = solver(steps).solve(energy, batch, starts)
    assert solution.evaluations == solver(steps).evaluations == evaluations
    assert solution.trajectory.answers.shape == (10, 4, 3, 3)
    assert torch.equal(solution.trajectory.answers[-1], solution.answer)
    assert solution.answer.abs().max() <= 4.0
    assert solution.trajectory.energies is not None
    assert (solution.trajectory.energies.diff(dim=1) <= 0).all()


def test_starts_keep_the_lowest_energy_of_each_problem(energy: MLP) -> None:
    batch, starts = problems(12, 3)
    each = [solver(1).solve(energy, batch, start[None]) for start in starts]
    together = solver(1).solve(energy, batch, starts)
    answers = torch.stack([solution.answer for solution in each])
    torch.testing.assert_close(together.answers, answers, rtol=1e-4, atol=1e-4)
    sharpest = torch.zeros(12, dtype=torch.int64)
    ranked = torch.stack([energy(batch.x, DIFFUSION.scale(answer, sharpest), sharpest) for answer in answers])
    assert together.energies is not None
    assert together.energy is not None
    torch.testing.assert_close(together.energies, ranked, rtol=1e-4, atol=1e-4)
    assert len(set(ranked.argmin(0).tolist())) > 1
    for row, winner in enumerate(together.energies.argmin(0).tolist()):
        assert torch.equal(together.answer[row], together.answers[winner, row])
        assert torch.equal(together.energy[row], together.energies[winner, row])
    assert together.evaluations == 3 * (each[0].evaluations + 1)
    assert torch.equal(together.best_of(1), together.answers[0])


def test_starts_are_ranked_by_the_energies_of_the_answers_that_they_stand_for(energy: MLP) -> None:
    batch, starts = problems(6, 3)
    found = replace(solver(1), space=OneHot()).solve(energy, batch, starts)
    sharpest = torch.zeros(6, dtype=torch.int64)
    read = [DIFFUSION.scale(OneHot().decode(answer), sharpest) for answer in found.answers]
    assert found.energies is not None
    torch.testing.assert_close(found.energies, torch.stack([energy(batch.x, y, sharpest) for y in read]))
    config = read_run("sudoku-4")
    task = build.task(config)
    assert build.solver(config, task).space is task.space


def test_side_by_side_and_one_after_another_starts_agree(energy: MLP, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, starts = problems(12, 5)
    whole = solver(1).solve(energy, batch, starts)
    monkeypatch.setattr(solving, "ENTRIES_AT_ONCE", 24 * 9)
    parts = solver(1).solve(energy, batch, starts)
    torch.testing.assert_close(whole.answers, parts.answers, rtol=1e-4, atol=1e-4)


def test_given_entries_are_held_and_no_other_right_entry_is_read(energy: MLP) -> None:
    batch, starts = problems(9, 2)
    given = torch.zeros_like(batch.y, dtype=torch.bool)
    given[:, 0] = True
    known = replace(batch, given=given)
    solution = solver(2).solve(energy, known, starts)
    assert torch.equal(solution.answers[:, given], batch.y[given].expand(2, -1))
    assert torch.equal(solution.trajectory.answers[:, given], batch.y[given].expand(10, -1))
    blind = solver(2).solve(energy, known.problems(), starts)
    assert torch.equal(solution.answer, blind.answer)
    free = solver(2).solve(energy, batch, starts)
    assert not torch.equal(solution.answer[~given], free.answer[~given])


def test_renoising_keeps_starts_apart_and_asks_for_noise(energy: MLP) -> None:
    batch, starts = problems(6, 2)
    noises: list[int] = []

    def renoise(visit: int, some: slice) -> Tensor:
        noises.append(visit)
        return fixed_starts(TASK, "same", 0, batch, some, visit)

    plain, noisy = solver(1), replace(solver(1), renoise=1.0)
    found, quiet = noisy.solve(energy, batch, starts, renoise), plain.solve(energy, batch, starts)
    assert noises == list(range(1, 10))
    assert torch.equal(found.answers[0], quiet.answers[0])
    assert not torch.equal(found.answers[1], quiet.answers[1])
    assert torch.equal(noisy.solve(energy, batch, starts[:1]).answer, plain.solve(energy, batch, starts[:1]).answer)
    zero = replace(noisy, renoise=1e-30).solve(energy, batch, starts, renoise)
    torch.testing.assert_close(zero.answer, plain.solve(energy, batch, starts).answer)
    with pytest.raises(InputError, match="renoise"):
        noisy.solve(energy, batch, starts)


def test_landscapes_can_be_chosen_and_repeated(energy: MLP) -> None:
    batch, starts = problems(4, 1)
    visited = replace(solver(1), visits=(9, 4, 4, 0)).solve(energy, batch, starts)
    assert visited.trajectory.answers.shape == (4, 4, 3, 3)
    assert visited.evaluations == 4 * 3


def test_an_energy_that_is_no_number_never_wins() -> None:
    values, energies = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[torch.nan], [5.0], [4.0]])
    assert chosen(values, energies).tolist() == [3.0]


def test_scores_do_not_depend_on_the_chunk(energy: MLP) -> None:
    split = fixed_split(TASK, "harder", 70)
    whole, parts = (score(TASK, energy, solver(2), split, starts=2, chunk=chunk) for chunk in (70, 16))
    torch.testing.assert_close(
        torch.from_numpy(whole.metrics["mse"].values), torch.from_numpy(parts.metrics["mse"].values)
    )
    assert whole.evaluations == parts.evaluations


def test_starts_belong_to_problems() -> None:
    batch = fixed_split(TASK, "same", 1500).batch
    many = fixed_starts(TASK, "same", 0, batch, 2)
    assert torch.equal(fixed_starts(TASK, "same", 990, batch.rows(slice(990, 1010)), 1)[0], many[0, 990:1010])
    assert not torch.equal(many[0], many[1])
    assert not torch.equal(many, fixed_starts(TASK, "same", 0, batch, 2, visit=1))


def test_the_way_tells_which_steps_were_kept(energy: MLP) -> None:
    batch, starts = problems(6, 1)
    way = solver(4).solve(energy, batch, starts).trajectory
    assert way.accepted.shape == (10, 6)
    assert way.energies is not None
    falls = (way.energies.diff(dim=1) < 0).float().mean(1)  # a step that is kept and falls; ties are kept too
    assert (way.accepted >= falls).all()
    assert solver(0).solve(energy, batch, starts).trajectory.accepted.isnan().all()


def test_products_of_bfloat16_round_the_way_and_not_the_ranking(energy: MLP) -> None:
    exact, rounded = solver(3), replace(solver(3), precision="bfloat16")
    batch, starts = problems(40, 3)
    one, other = (way.solve(energy, batch, starts) for way in (exact, rounded))
    assert other.answers.dtype == torch.float32
    assert not torch.equal(one.answers, other.answers)
    assert float((one.answers[0] - other.answers[0]).abs().median()) < 0.02
    k = torch.zeros(40, dtype=torch.int64)
    assert other.energy is not None
    assert torch.allclose(energy(batch.x, DIFFUSION.scale(other.answer, k), k), other.energy, rtol=1e-5)


def test_tf32_is_refused_where_there_is_no_gpu() -> None:
    config = read_run("inverse-quick", ["solve.precision=tf32", "compute.device=cpu"])
    with pytest.raises(ConfigurationError, match=r"^solve\.precision: tf32 is a GPU's arithmetic"):
        build.solver(config, build.task(config))
