"""The solver's own wrong answers: where they come from, and how often the energy prefers them to right ones."""

import math
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from jaxtyping import Float, Int
from tests.testing.toy import Shift
from torch import Tensor

from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.base import Condition, Energy
from ravine.evaluation.portrait import portrait
from ravine.evaluation.rivals import STARTS, Rivals, auc, rivals_of
from ravine.evaluation.score import solve_fixed
from ravine.solver import Solver
from ravine.tasks.answers import one_hot
from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrices.inverse import Inverse
from ravine.training.directory import finite

DIFFUSION = Diffusion.cosine(4)
TOY = Shift()
SOLVER = Solver(DIFFUSION, Descent(3), TOY.solve_bound, TOY.space)


@dataclass(frozen=True)
class Towards(Condition):
    """Scaled answers."""

    centre: Float[Tensor, "b cells values"]


class Shifting(Energy[Towards]):
    """E = |y - sqrt(abar_k) (x shifted by `by`)|^2 / 2: right for `by` = 1. It remembers every point it is asked."""

    def __init__(self, by: int) -> None:
        super().__init__()
        self.by, self.asked = by, list[Tensor]()

    def condition(self, x: Float[Tensor, "b cells values"], k: Int[Tensor, " b"]) -> Towards:
        return Towards(DIFFUSION.scale(x.roll(self.by, 2), k))

    def energy(self, condition: Towards, y: Float[Tensor, "b cells values"]) -> Float[Tensor, " b"]:
        self.asked.append(y.detach().clone())
        result: Tensor = (y - condition.centre).square().flatten(1).sum(1) / 2
        return result


class Linear(Energy[Condition]):
    """E = the sum of a point's entries, not finite beyond 10."""

    def condition(self, x: Tensor, k: Tensor) -> Condition:
        return Condition()

    def energy(self, condition: Condition, y: Tensor) -> Tensor:
        total = y.flatten(1).sum(1)
        return total.masked_fill(total > 10, torch.nan)


def test_the_auc_is_the_share_of_pairs_by_problem() -> None:
    generator = torch.Generator().manual_seed(0)
    answers = torch.randint(-2, 3, (6, 5, 1), generator=generator).float()
    answers[0, 0] = 99
    right, wrong = torch.randint(-2, 3, (5,), generator=generator).float(), torch.ones(6, 5).bool()
    wrong[:, 1], wrong[:4, 2] = False, False
    flat = replace(DIFFUSION, signal=torch.ones(4))
    shares = []
    for problem in range(5):
        pairs = [float(answers[start, problem]) for start in range(6) if wrong[start, problem]]
        won = [1.0 if right[problem] < e else 0.5 if right[problem] == e else 0.0 for e in pairs if e < 10]
        shares += [sum(won) / len(won)] if won else []
    k = torch.zeros(5, dtype=torch.int64)
    assert len(shares) == 4
    found = auc(Linear(), Condition(), k, right, Rivals(answers, wrong), flat)
    assert found == pytest.approx(sum(shares) / 4)
    assert math.isnan(auc(Linear(), Condition(), k, right, Rivals(answers, torch.zeros(6, 5).bool()), flat))


def test_two_infinite_energies_are_equal() -> None:
    right, rivals = torch.tensor([torch.inf]), Rivals(torch.full((1, 1, 1), -torch.inf), torch.ones(1, 1).bool())
    k, flat = torch.zeros(1, dtype=torch.int64), replace(DIFFUSION, signal=torch.ones(4))
    assert auc(Linear(), Condition(), k, right, rivals, flat) == 0
    assert auc(Linear(), Condition(), k, -right, rivals, flat) == 0.5


def test_an_energy_that_solves_has_no_rivals_and_one_upside_down_prefers_them(
    task: Inverse, ideal: Any, inverted: Any
) -> None:
    for energy, wanted in ((ideal, None), (inverted, 0.0)):
        solver = Solver(energy.diffusion, Descent(3), bound=4.0)
        found = finite(portrait(task, energy, solver, [fixed_split(task, "same", 8)]))
        assert [row["auc"] for row in found["splits"]["same"]["landscapes"]] == [wanted] * 5


def test_rivals_are_decoded_answers_of_renoised_starts() -> None:
    batch = fixed_split(TOY, "same", 6).batch
    found = rivals_of(TOY, Shifting(3), SOLVER, "same", batch)
    assert found.answers.shape == (STARTS, *batch.y.shape)
    assert found.wrong.all()
    assert torch.equal(TOY.space.decode(found.answers), found.answers)
    noisy = Solver(DIFFUSION, Descent(0), 50.0, TOY.space)
    several = rivals_of(TOY, Weak(3), noisy, "same", batch)
    assert (several.answers[0] != several.answers[1]).any()
    renoised = solve_fixed(TOY, Weak(3), replace(noisy, renoise=1.0), "same", 0, batch, STARTS).answers
    assert torch.equal(several.answers, torch.stack([batch.hold(TOY.space.decode(answer)) for answer in renoised]))


class Weak(Shifting):
    """The same, a thousand times weaker: answers stay what noise makes of them."""

    def energy(self, condition: Towards, y: Float[Tensor, "b cells values"]) -> Float[Tensor, " b"]:
        return super().energy(condition, y) / 1000


@pytest.mark.parametrize(("by", "auc"), [(1, None), (2, 0.0)])
def test_a_portrait_of_one_hot_answers(by: int, auc: float | None) -> None:
    split = fixed_split(TOY, "same", 8)
    entry = finite(portrait(TOY, Shifting(by), SOLVER, [split]))["splits"]["same"]
    assert [row["auc"] for row in entry["landscapes"]] == [auc] * 4
    cosines, gaps = ([row[name] for row in entry["landscapes"]] for name in ("cosine", "gap"))
    assert all(gap > 0 for gap in gaps) if by == 1 else gaps[0] < gaps[-1]
    assert by != 1 or cosines == pytest.approx([1.0] * 4, abs=1e-4)
    forming, values = entry["forming"], split.batch.y.argmax(-1)
    assert forming["digits"]
    assert forming["right"] == [[row] for row in values[:3].tolist()]
    # The first cell is given; the energy pulls the others to its own answer.
    solved = torch.cat([values[:3, :1], (values[:3, 1:] + by - 1) % 5], 1)
    assert [way[-1] for way in forming["answers"]] == [[row] for row in solved.tolist()]


def test_given_entries_are_held_wherever_the_energy_is_asked() -> None:
    batch = fixed_split(TOY, "same", 5).batch
    energy = Shifting(3)
    portrait(TOY, energy, SOLVER, [replace(fixed_split(TOY, "same", 1), batch=batch.rows(slice(1)))])
    assert len(energy.asked) > 100
    given = batch.y[0, 0]
    for points in energy.asked:
        scales = points[:, 0, 0] / given[0]
        torch.testing.assert_close(points[:, 0], scales[:, None] * given)
        assert torch.isclose(scales[:, None], DIFFUSION.signal, rtol=1e-4).any(1).all()


def test_one_hot_numbers_name_values() -> None:
    y = one_hot(torch.tensor([[2, 0], [1, 4]]), 5)
    y[1, 0, 3] = torch.nan
    shown = TOY.space.shown(y)
    assert shown[0].tolist() == [2, 0]
    assert shown[1, 0].isnan()
    assert shown[1, 1] == 4
