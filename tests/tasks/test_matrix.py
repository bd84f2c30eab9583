"""The tasks' data are what the paper and the released code define."""

import math
from collections.abc import Callable

import pytest
import torch

from ravine.errors import InputError
from ravine.tasks.base import Task
from ravine.tasks.matrices.addition import Addition
from ravine.tasks.matrices.completion import Completion
from ravine.tasks.matrices.inverse import Inverse

TASKS: dict[str, Callable[[int], Task]] = {"inverse": Inverse, "addition": Addition, "completion": Completion}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(params=sorted(TASKS))
def task(request: pytest.FixtureRequest) -> Task:
    return TASKS[request.param](5)


def test_batches_have_the_declared_shapes_and_follow_the_generator(task: Task) -> None:
    batch, again, other = (task.sample(7, generator(seed)) for seed in (0, 0, 1))
    assert batch.x.shape == (7, *task.x_shape)
    assert batch.y.shape == (7, *task.y_shape)
    assert torch.equal(batch.x, again.x)
    assert torch.equal(batch.y, again.y)
    assert not torch.equal(batch.x, other.x)


def test_training_answers_lie_within_the_bounds(task: Task) -> None:
    assert task.sample(4000, generator()).y.abs().max() <= task.bound
    for split in task.splits:
        assert task.sample(4000, generator(), split).y.abs().max() <= task.solve_bound


def test_right_answers_score_perfectly_and_wrong_ones_do_not(task: Task) -> None:
    batch = task.sample(9, generator(), dtype=torch.float64)
    for metric in task.metrics():
        right, wrong = (metric.values(batch, answer) for answer in (batch.y, batch.y + 0.1))
        torch.testing.assert_close(right, torch.full_like(right, metric.target), rtol=0, atol=1e-8)
        assert ((wrong - metric.target).abs() > 1e-3).all()
    assert task.solved(batch, batch.y).all()
    torch.testing.assert_close(
        task.metric("mse").values(batch, batch.y + 0.1), torch.full((9,), 0.01, dtype=torch.float64)
    )


def test_an_unknown_split_is_named(task: Task) -> None:
    with pytest.raises(InputError, match=r"'hard'.*same, harder"):
        task.sample(1, generator(), "hard")


@pytest.mark.parametrize(("split", "shift"), [("same", 0.5), ("harder", 0.1)])
def test_inverse_is_2rr_plus_c(split: str, shift: float) -> None:
    batch = Inverse(6).sample(2000, generator(), split, torch.float64)
    a = batch.x[:, 0]
    torch.testing.assert_close(a @ batch.y, torch.eye(6, dtype=torch.float64).expand_as(a))
    assert torch.linalg.eigvalsh(a).min() > shift
    # E[2 R R'] = 2 n / 3 I for R uniform on (-1, 1)
    diagonal = a.diagonal(dim1=1, dim2=2)
    assert diagonal.mean().item() == pytest.approx(2 * 6 / 3 + shift, rel=0.02)


@pytest.mark.parametrize(("split", "scale"), [("same", 1.0), ("harder", 2.5)])
def test_addition_is_a_sum_of_uniforms(split: str, scale: float) -> None:
    batch = Addition(4).sample(2000, generator(), split)
    assert batch.x.abs().max() <= scale
    assert batch.x.std().item() == pytest.approx(scale / math.sqrt(3), rel=0.02)
    torch.testing.assert_close(batch.y, batch.x[:, 0] + batch.x[:, 1])


@pytest.mark.parametrize(("split", "scale"), [("same", 1 / 20), ("harder", 1 / 5)])
def test_completion_shows_half_of_a_low_rank_matrix(split: str, scale: float) -> None:
    batch = Completion(8).sample(2000, generator(), split)
    observed = batch.x[:, 0] != 0
    assert observed.float().mean().item() == pytest.approx(0.5, abs=0.01)
    assert torch.equal(batch.x[:, 0][observed], batch.y[observed])
    assert batch.y.var().item() == pytest.approx(0.1**2 + 10 * scale**2, rel=0.05)
