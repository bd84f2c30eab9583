"""Shortest paths as states and moves: the released form, whose problems do not say where to go."""

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from ravine.batch import Batch
from ravine.tasks.answers import one_hot
from ravine.tasks.plans.draw import shortest_plans
from ravine.tasks.plans.encoding import relational
from ravine.tasks.plans.relational import RelationalPath, RelationalPathConfig
from ravine.testing import check_task


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(tell_goal: bool = False) -> RelationalPath:
    task = RelationalPathConfig(n=10, n_harder=12, distances=(2, 4), tell_goal=tell_goal).build()
    assert isinstance(task, RelationalPath)
    return task


def test_with_the_goal_told_it_conforms() -> None:
    check_task(made(tell_goal=True))


def test_answers_have_the_released_form() -> None:
    batch = made().sample(100, generator())
    assert batch.x.shape == (100, 10, 10, 2)
    assert batch.y.shape == (100, 16, 10, 10, 3)
    edges, present, move = batch.y.unbind(-1)
    assert torch.equal(edges, batch.x[:, None, ..., 0].expand(edges.shape))
    assert torch.equal(present[:, 0], batch.x[..., 1])
    assert ((present == 1).all(3).sum(2) == 1).all()
    assert ((move == 1).sum((2, 3)) == 1).all()
    taken = (move == 1) & (edges == -1)
    assert torch.equal(taken.flatten(2).any(2), move[..., 0, 0] == 1), "all moves are edges but those after arrival"
    assert ((move[:, :-1] == 1).any(2) == (present[:, 1:] == 1).all(3))[move[:, :-1, 0, 0] == -1].all()


def test_one_problem_has_two_answers_that_exclude_each_other() -> None:
    """Two goals of one start: the problems are the same to the last bit, and what solves one is wrong for the other."""
    task = made()
    journeys = task.plans.laws["goal-decides"].goal_decides(60, generator())
    y = relational(journeys, shortest_plans(journeys, 16, generator(1)))
    x = task.sample(60, generator()).x
    x[..., 0], x[..., 1] = y[:, 0, ..., 0], y[:, 0, ..., 1]
    batch = Batch(x, y)
    assert torch.equal(batch.x[::2], batch.x[1::2])
    other = y.reshape(30, 2, *y.shape[1:]).flip(1).reshape(y.shape)
    assert task.solved(batch, y).all()
    assert not task.solved(batch, other).any()
    assert not task.metric("first").values(batch, other).any()


def test_moves_alone_are_judged_and_must_begin_where_one_is() -> None:
    task = made(tell_goal=True)
    batch = task.sample(50, generator())
    blind = batch.y.clone()
    blind[..., :2] = 0
    assert task.solved(batch, blind).all()
    move = batch.y[..., 2].flatten(2).argmax(2)
    elsewhere = (move // 10 + 1) % 10 * 10 + move % 10
    assert not task.solved(batch, with_move(batch.y, 0, elsewhere)).any()
    goal = task.journeys(batch).goal[:, None]
    away = (goal * 10 + (goal + 1) % 10).expand(move.shape)
    assert not task.solved(batch, with_move(batch.y, 15, away)).any(), "after arrival one stays"


def with_move(y: Tensor, step: int, move: Tensor) -> Tensor:
    """Return answers whose move at one step is another edge, (b, steps)."""
    changed = y.clone()
    changed[:, step, ..., 2] = one_hot(move[:, step], 100).reshape(-1, 10, 10)
    return changed


def test_a_rule_is_written_as_states_and_moves() -> None:
    task = made(tell_goal=True)
    batch = task.sample(50, generator())
    answer = task.baselines()["breadth-first search"].fit(iter(()))(batch.problems())
    assert task.solved(batch, answer).all()
    assert torch.equal(answer[..., 0], batch.y[..., 0])
    assert "breadth-first search" not in made().baselines()


def test_plans_that_end_before_the_goal_is_seen_are_refused() -> None:
    with pytest.raises(ValidationError, match="steps = 6 end before a state at the goal; write 7 or more"):
        RelationalPathConfig(steps=6)
