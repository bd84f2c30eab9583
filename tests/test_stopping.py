"""Solving that stops at right answers: what is chosen, what is spared, and what is counted."""

import pytest
import torch
from torch import Tensor

from ravine import build
from ravine.batch import Batch
from ravine.config import read_run
from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.base import EnergyAndGradient
from ravine.energies.mlp import MLP, MLPCondition
from ravine.errors import ConfigurationError
from ravine.evaluation.budget import budget_scores
from ravine.evaluation.score import fixed_starts, score
from ravine.solution import Solution
from ravine.solver import Solver
from ravine.stopping import UntilSolved, doubling
from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrices.inverse import Inverse

SIZE, STARTS = 40, 11


class Verified(Inverse):
    """A task whose verifier takes an answer for right by the signs of three entries: about one in eight."""

    def solved(self, batch: Batch, answer: Tensor) -> Tensor:
        return (answer[:, 0] > 0.3).all(1)


TASK = Verified(3)
PLAIN = Solver(Diffusion.cosine(6), Descent(1), bound=4.0, renoise=2.0)
STOPPING = UntilSolved(**vars(PLAIN), verifier=TASK.solved)


class Counting(MLP):
    """Counts the points that it is asked for."""

    asked = 0

    def energy(self, condition: MLPCondition, y: Tensor) -> Tensor:
        self.asked += len(y)
        return super().energy(condition, y)

    def energy_and_gradient(self, condition: MLPCondition, y: Tensor) -> EnergyAndGradient:
        self.asked += len(y)
        return super().energy_and_gradient(condition, y)


@pytest.fixture
def energy() -> Counting:
    generator = torch.Generator().manual_seed(0)
    made = Counting(TASK.x_shape, TASK.y_shape, 6, generator, width=24, embedding_width=8)
    return made.requires_grad_(False)


def solved(solver: Solver, energy: MLP, starts: int = STARTS) -> tuple[Batch, Solution]:
    batch = fixed_split(TASK, "same", SIZE).batch

    def renoise(visit: int, some: slice) -> Tensor:
        return fixed_starts(TASK, "same", 0, batch, some, visit)

    return batch, solver.solve(energy, batch, fixed_starts(TASK, "same", 0, batch, starts), renoise)


def test_a_right_answer_wins_and_without_one_the_lowest_energy(energy: Counting) -> None:
    batch, every = solved(PLAIN, energy)
    _, stopped = solved(STOPPING, energy)
    right = torch.stack([TASK.solved(batch, answer) for answer in every.answers])
    assert 0 < int(right.any(0).sum()) < SIZE
    assert every.energies is not None
    assert stopped.energy is not None
    for row in range(SIZE):
        hits = right[:, row].nonzero()[:, 0]
        start = int(hits[0]) if len(hits) else int(every.energies[:, row].argmin())
        torch.testing.assert_close(stopped.answer[row], every.answers[start, row], rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(stopped.energy[row], every.energies[start, row], rtol=1e-4, atol=1e-4)
    assert torch.equal(stopped.best_of(STARTS), stopped.answer)
    beaten = every.energies.argmin(0) != right.int().argmax(0)
    assert (beaten & right.any(0)).any()  # the energy alone would have chosen otherwise


def test_what_is_solved_is_not_started_again_and_the_cost_is_what_was_evaluated(energy: Counting) -> None:
    batch, every = solved(PLAIN, energy)
    right = torch.stack([TASK.solved(batch, answer) for answer in every.answers])
    parts = [slice(0, 1), slice(1, 2), slice(2, 4), slice(4, 8), slice(8, 11)]
    started = sum(len(range(11)[p]) * int((~right[: p.start].any(0)).sum()) for p in parts)
    energy.asked = 0
    _, stopped = solved(STOPPING, energy)
    assert stopped.evaluations == pytest.approx(energy.asked / SIZE)
    assert energy.asked == started * (PLAIN.evaluations + 1) < SIZE * every.evaluations
    assert torch.equal(stopped.trajectory.answers, every.trajectory.answers)


def test_a_spared_start_holds_the_right_answer(energy: Counting) -> None:
    batch, stopped = solved(STOPPING, energy)
    first = TASK.solved(batch, stopped.answers[0])
    assert first.any()
    assert stopped.energies is not None
    assert torch.equal(stopped.answers[:, first], stopped.answers[:1, first].expand(STARTS, -1, -1, -1))
    assert torch.equal(stopped.energies[:, first], stopped.energies[:1, first].expand(STARTS, -1))


def test_a_single_start_is_solved_as_ever(energy: Counting) -> None:
    (_, one), (_, other) = solved(PLAIN, energy, 1), solved(STOPPING, energy, 1)
    assert torch.equal(one.answer, other.answer)
    assert one.evaluations == other.evaluations


def test_budgets_are_what_solving_with_each_gives(energy: Counting) -> None:
    split = fixed_split(TASK, "same", SIZE)
    found = budget_scores(TASK, energy, lambda steps: STOPPING, split, [1], [1, 3, 8], chunk=15)
    for entry in found:
        whole = score(TASK, energy, STOPPING, split, entry.starts)
        assert entry.metrics["mse"].mean == pytest.approx(whole.metrics["mse"].mean, rel=1e-4)
        assert entry.metrics["solved"].mean == entry.ceiling
        assert entry.evaluations == pytest.approx(whole.evaluations)
    assert found[0].evaluations == PLAIN.evaluations
    assert found[2].evaluations < 8 * (PLAIN.evaluations + 1)


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (2, [1, 1]), (3, [1, 1, 1]), (8, [1, 1, 2, 4])])
def test_parts_double_and_those_of_fewer_begin_those_of_more(count: int, sizes: list[int]) -> None:
    parts = doubling(count)
    assert [part.stop - part.start for part in parts] == sizes
    assert [start for part in parts for start in range(part.start, part.stop)] == list(range(count))
    more = [(part.start, min(part.stop, count)) for part in doubling(64) if part.start < count]
    assert more == [(part.start, part.stop) for part in parts]


def test_the_energy_chooses_unless_the_verifier_is_asked_for() -> None:
    config = read_run("sudoku-4")
    assert type(build.answering(config, build.task(config))) is Solver
    asked = read_run("sudoku-4", ["solve.stop=solved"])
    made = build.answering(asked, build.task(asked))
    assert isinstance(made, UntilSolved)
    assert type(build.solver(asked, build.task(asked))) is Solver


def test_a_verifier_that_needs_the_right_answer_is_refused() -> None:
    config = read_run("completion", ["solve.stop=solved"])
    with pytest.raises(ConfigurationError, match=r"solve\.stop: task 'completion' cannot check an answer"):
        build.solver(config, build.task(config))
