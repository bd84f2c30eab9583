"""A user's own problems at any scale."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ravine import RavineError, load, read_run, runs, solving
from ravine.batch import Batch

TINY = [
    "energy.name=mlp",
    "energy.width=16",
    "energy.embedding_width=8",
    "diffusion.landscapes=3",
    "training.steps=2",
    "training.batch=8",
    "training.validation_problems=8",
    "evaluation.problems=8",
    "compute.threads=1",
    "compute.device=cpu",
    "task.n=3",
]
DEGREES = {"inverse": -1, "addition": 1, "completion": 1}


@pytest.fixture(scope="module", params=DEGREES)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> runs.LoadedRun:
    out = tmp_path_factory.mktemp("solving") / request.param
    runs.train(read_run("inverse-quick", [*TINY, f"task.name={request.param}"]), out)
    return load(out)


def problems(run: runs.LoadedRun, count: int = 4) -> Tensor:
    return run.task.sample(count, torch.Generator().manual_seed(0), dtype=torch.float64).x


def test_answers_are_those_of_the_solver_with_energy_and_residual(run: runs.LoadedRun) -> None:
    x = problems(run)
    answers = run.solve(x)
    assert answers.answer.shape == (4, 3, 3)
    assert answers.energy is not None
    assert answers.energy.shape == answers.checks["residual"].shape == (4,)
    again = run.task.checks(Batch(x, answers.answer), answers.answer)
    torch.testing.assert_close(answers.checks["residual"], again["residual"])
    assert torch.equal(answers.answer, run.solve(x.numpy()).answer)
    assert torch.equal(answers.answer, run.solve(x.squeeze(1)).answer)
    assert not torch.equal(answers.answer, run.solve(x, seed=1).answer)
    assert run.solve(x, starts=2).solution.evaluations == 2 * (answers.solution.evaluations + 1)
    assert run.solve(x, steps=0).solution.evaluations < answers.solution.evaluations


@pytest.mark.parametrize("power", [-200, -3, 90, 900])
def test_answers_scale_as_the_task_says(run: runs.LoadedRun, power: int) -> None:
    x, scale = problems(run), 2.0**power
    plain, scaled = run.solve(x), run.solve(x * scale)
    assert torch.equal(scaled.answer, plain.answer * scale ** DEGREES[run.task.name])
    assert scaled.energy is not None
    assert plain.energy is not None
    assert torch.equal(scaled.energy, plain.energy)
    assert torch.equal(scaled.checks["residual"], plain.checks["residual"])


def test_degrees_are_those_of_the_right_answers(run: runs.LoadedRun) -> None:
    batch = run.task.sample(4, torch.Generator().manual_seed(0), dtype=torch.float64)
    right = batch.y * 7.0 ** DEGREES[run.task.name]
    there, here = (run.task.checks(Batch(x, y), y)["residual"] for x, y in ((7 * batch.x, right), (batch.x, batch.y)))
    torch.testing.assert_close(there, here)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.ones((2, 4, 4)), "(2, 4, 4)"),
        (np.ones((3, 3)), "(3, 3)"),
        (np.ones((0, 3, 3)), "(0, 3, 3)"),
        (torch.full((2, 1, 3, 3), 1j), "complex"),
    ],
)
def test_problems_of_another_form_are_refused(
    run: runs.LoadedRun, given: Tensor | np.ndarray[tuple[int, ...], np.dtype[np.float64]], expected: str
) -> None:
    with pytest.raises(RavineError, match=run.task.name) as error:
        run.solve(given)
    assert expected in str(error.value)


def test_numbers_that_are_not_finite_are_refused_on_both_sides(run: runs.LoadedRun, tmp_path: Path) -> None:
    x = problems(run)
    x[2, 0, 1, 1] = torch.nan
    with pytest.raises(RavineError, match="problem 2"):
        run.solve(x)
    broken = load(run.directory.path)
    next(iter(broken.energy.parameters())).fill_(torch.nan)
    with pytest.raises(RavineError, match=r"problem 0.*no finite answer"):
        broken.solve(problems(run))


@pytest.mark.parametrize("starts", [1, 2])
def test_answers_do_not_depend_on_how_the_problems_arrive(
    run: runs.LoadedRun, starts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = problems(run, 7)
    alone = run.solve(x[:3], starts=starts)
    monkeypatch.setattr(solving, "ENTRIES_AT_ONCE", 3 * 9)
    together = run.solve(x, starts=starts)
    assert torch.equal(together.answer[:3], alone.answer)
    assert together.solution.answers.shape[:2] == (starts, 7)
    assert torch.equal(together.problems.x, x)
    for cuts in ([7], [1] * 7, [2, 5], [4, 3]):
        parts = list(run.stream(torch.split(x, cuts), starts=starts))
        assert [len(part.problems) for part in parts] == [3, 3, 1]
        for name in ("answer", "energy", "factor"):
            assert torch.equal(torch.cat([getattr(part, name) for part in parts]), getattr(together, name))
        assert torch.equal(torch.cat([part.checks["residual"] for part in parts]), together.checks["residual"])
    assert torch.equal(run.solve(Batch(x, torch.zeros(7, 3, 3)), starts=starts).answer, together.answer)


def test_no_problem_is_refused(run: runs.LoadedRun) -> None:
    for none in (problems(run)[:0], Batch(torch.zeros(0, *run.task.x_shape), torch.zeros(0, *run.task.y_shape))):
        with pytest.raises(RavineError, match="problem"):
            run.solve(none)


def test_blocks_have_noise_of_their_own(run: runs.LoadedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "ENTRIES_AT_ONCE", 2 * 9)
    first, second = run.stream([problems(run, 2).repeat(2, 1, 1, 1)])
    assert torch.equal(first.problems.x, second.problems.x)
    assert not torch.equal(first.answer, second.answer)


def test_no_more_problems_are_taken_than_are_being_solved(run: runs.LoadedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "ENTRIES_AT_ONCE", 2 * 9)
    x, taken = problems(run, 6), 0

    def arriving() -> Iterator[Tensor]:
        nonlocal taken
        for row in torch.split(x, 1):
            taken += 1
            yield row

    assert [taken for _ in run.stream(arriving())] == [2, 4, 6]


def test_a_fault_in_a_later_block_names_its_problem(run: runs.LoadedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "ENTRIES_AT_ONCE", 2 * 9)
    x = problems(run, 6)
    x[5, 0, 1, 1] = torch.inf
    with pytest.raises(RavineError, match="problem 5: entries"):
        run.solve(x)
