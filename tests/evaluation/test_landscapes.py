"""Landscapes of an energy whose measures are known in closed form, and of one upside down."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from scipy import stats
from tests.testing.registered import tasks
from torch import Tensor

from ravine.batch import Batch
from ravine.descent import Descent
from ravine.energies.base import Energy
from ravine.evaluation.landscapes import DISTANCES, centred_ranks, landscapes, rank_correlation
from ravine.evaluation.portrait import MOST_ROWS, beside, forming, matrix, portrait
from ravine.seeding import Seeds
from ravine.solution import Trajectory
from ravine.solver import Solver
from ravine.tasks.fixed import fixed_split
from ravine.tasks.matrices.inverse import Inverse
from ravine.training.directory import finite

SEEDS = Seeds(0, ("test",))
TASKS = {name: task for name, task in tasks().items() if task.space.symbolic}


def batch(task: Inverse, size: int = 32) -> Batch:
    return fixed_split(task, "same", size).batch


def kept(energy: Any) -> list[float]:
    return [0.5] * energy.diffusion.landscapes


def test_the_ideal_energy_has_ideal_measures(task: Inverse, ideal: Any) -> None:
    found = landscapes(ideal, batch(task), ideal.diffusion, kept(ideal), SEEDS)
    assert [entry.k for entry in found] == [0, 1, 2, 3, 4]
    for entry in found:
        sigma = float(ideal.diffusion.sigma[entry.k])
        assert entry.cosine == pytest.approx(1, abs=1e-3)
        assert entry.rank_correlation == pytest.approx(1)
        # The mean of |eps|^2 over 32 problems of 16 entries is 16 to within 6 %, one standard error.
        assert entry.noise_norm == pytest.approx(1, abs=0.1)
        assert entry.gap == pytest.approx(sigma * 16 / 2, rel=0.25)
        assert entry.accepted == 0.5
        parabola = [entry.energies[0] + entry.gap * distance**2 for distance in DISTANCES]
        assert entry.energies == pytest.approx(parabola, rel=1e-2, abs=1e-3)


def test_an_energy_upside_down_is_seen(task: Inverse, inverted: Any) -> None:
    for entry in landscapes(inverted, batch(task), inverted.diffusion, kept(inverted), SEEDS):
        assert entry.gap < 0
        assert entry.rank_correlation == pytest.approx(-1)
        assert entry.cosine == pytest.approx(-1, abs=1e-3)


class Flat(Energy[Any]):
    """The same energy everywhere."""

    def condition(self, x: Tensor, k: Tensor) -> Any:
        from ravine.energies.base import Condition

        return Condition()

    def energy(self, condition: Any, y: Tensor) -> Tensor:
        return 0 * y.flatten(1).sum(1)


def test_what_does_not_exist_is_null(task: Inverse, ideal: Any) -> None:
    for entry in landscapes(Flat(), batch(task), ideal.diffusion, [math.nan] * 5, SEEDS):
        assert entry.gap == entry.noise_norm == entry.cosine == 0
        assert math.isnan(entry.rank_correlation)
        assert math.isnan(entry.accepted)


def test_given_entries_are_held(task: Inverse, ideal: Any) -> None:
    problems = batch(task)
    given = torch.zeros_like(problems.y, dtype=torch.bool)
    given[:, 0] = True
    held = Batch(problems.x, problems.y, given)
    free, some = (landscapes(ideal, b, ideal.diffusion, kept(ideal), SEEDS)[2] for b in (problems, held))
    assert some.gap == pytest.approx(0.75 * free.gap, rel=0.15)


def test_rank_correlation_is_spearmans() -> None:
    generator = torch.Generator().manual_seed(0)
    a = torch.randint(0, 6, (9, 20), generator=generator).float()
    b = a + 3 * torch.randn((9, 20), generator=generator)
    expected = [stats.spearmanr(a[:, i], b[:, i]).statistic for i in range(20)]
    torch.testing.assert_close(rank_correlation(a, b), torch.tensor(expected, dtype=torch.float32))
    ranks = 2 * (torch.tensor(stats.rankdata(a.numpy(), axis=0)) - 5)
    torch.testing.assert_close(centred_ranks(a), ranks, check_dtype=False)


def test_measures_do_not_depend_on_each_other(task: Inverse, ideal: Any) -> None:
    again, once = (landscapes(ideal, batch(task), ideal.diffusion, kept(ideal), SEEDS) for _ in range(2))
    assert again == once
    other = landscapes(ideal, batch(task), ideal.diffusion, kept(ideal), Seeds(0, ("other",)))
    assert other[1].gap != once[1].gap


def test_a_portrait_has_the_documented_schema(task: Inverse, ideal: Any) -> None:
    solver = Solver(ideal.diffusion, Descent(3), bound=4.0)
    splits = [fixed_split(task, name, 20) for name in ("same", "harder")]
    found = finite(portrait(task, ideal, solver, splits))
    json.dumps(found, allow_nan=False)
    assert list(found["splits"]) == ["same", "harder"]
    entry = found["splits"]["same"]
    assert set(entry) == {"problems", "landscapes", "distance", "slice", "forming"}
    assert entry["problems"] == 20
    keys = {"k", "gap", "rank_correlation", "cosine", "noise_norm", "accepted", "auc"}
    assert [set(row) for row in entry["landscapes"]] == [keys] * 5
    assert [row["k"] for row in entry["landscapes"]] == list(range(5))
    assert len(entry["distance"]["energy"]) == 5
    assert {len(row) for row in entry["distance"]["energy"]} == {len(entry["distance"]["distances"])}
    side = len(entry["slice"]["axis"])
    assert {len(row) for row in entry["slice"]["energy"]} == {side} == {len(entry["slice"]["energy"])}
    assert entry["forming"]["k"] == [4, 3, 2, 1, 0]
    assert len(entry["forming"]["right"]) == len(entry["forming"]["answers"]) == 3
    assert all(len(way) == 5 for way in entry["forming"]["answers"])
    # The ideal energy solves: the answer after the sharpest landscape is the right one.
    last = torch.tensor(entry["forming"]["answers"])[:, -1]
    torch.testing.assert_close(last, torch.tensor(entry["forming"]["right"]), atol=1e-2, rtol=1e-2)


def test_a_solver_that_skips_and_repeats_landscapes_is_measured_where_it_was(task: Inverse, ideal: Any) -> None:
    solver = Solver(ideal.diffusion, Descent(2), bound=4.0, visits=(4, 2, 2, 0, 0, 0))
    entry = finite(portrait(task, ideal, solver, [fixed_split(task, "same", 4)]))["splits"]["same"]
    assert [row["accepted"] is not None for row in entry["landscapes"]] == [True, False, True, False, True]
    assert entry["forming"]["k"] == [4, 2, 2, 0, 0, 0]


def test_without_descent_no_step_is_accepted(task: Inverse, ideal: Any) -> None:
    solver = Solver(ideal.diffusion, Descent(0), bound=4.0)
    found = finite(portrait(task, ideal, solver, [fixed_split(task, "same", 4)]))
    assert [row["accepted"] for row in found["splits"]["same"]["landscapes"]] == [None] * 5


def test_answers_of_any_shape_are_matrices(task: Inverse) -> None:
    assert matrix(torch.tensor([1.00004, 2.0])) == [[1.0, 2.0]]
    assert matrix(torch.zeros(2, 3, 4)) == [[0.0] * 4] * 6
    large = matrix(torch.zeros(100, 100))
    assert (len(large), len(large[0])) == (MOST_ROWS, MOST_ROWS)
    shown = forming(torch.zeros(2, 3), torch.ones(5, 2, 3), (4, 3, 2, 1, 0), task.space)
    assert (len(shown["right"]), len(shown["answers"]), len(shown["answers"][0])) == (2, 2, 5)
    assert not shown["digits"]


@pytest.mark.parametrize("name", TASKS)
def test_what_stands_beside_an_answer_has_its_shape(name: str) -> None:
    task = TASKS[name]
    y = task.space.redrawn(torch.ones(2, *task.y_shape), Seeds(0).generator())
    cells = task.space.cells(torch.ones_like(y, dtype=torch.bool))
    cells[:, 1::2] = False
    batch = Batch(torch.zeros(2, *task.x_shape), y, task.space.spread(cells, y))
    energies = torch.arange(12.0).reshape(2, 3, 2)
    way = Trajectory((1, 0), batch.y[None].repeat(2, *[1] * batch.y.dim()), energies, torch.ones(2, 2))
    found, shown = beside(task, batch, way), forming(batch.y, way.answers, way.order, task.space)
    assert found["energies"] == energies.movedim(2, 0).tolist()
    assert "energies" not in beside(task, batch, replace(way, energies=None))
    for given, right in zip(found["given"], shown["right"], strict=True):
        assert [len(row) for row in given] == [len(row) for row in right]
    assert sum(map(sum, found["given"][0])) == cells[0].sum()
    if "symbols" in found:
        assert max(value for row in shown["right"][0] for value in row) < len(found["symbols"])
        assert len(shown["right"][0]) % found["rulers"][0] == len(shown["right"][0][0]) % found["rulers"][1] == 0
    assert ("symbols" in found) == (name.split()[0] in ("sudoku", "sudoku-visual"))
