"""Every shipped task conforms, with its metrics; and the kit catches what does not."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.testing.registered import tasks
from tests.testing.toy import Copy, Shift
from torch import Tensor

from ravine.batch import Batch
from ravine.statistics.scale import Better, ScaleName
from ravine.tasks.answers import OneHot
from ravine.tasks.base import Purpose, Task
from ravine.tasks.metrics.base import Metric
from ravine.tasks.metrics.cells import UnknownCells
from ravine.testing import check_metric, check_task

TASKS = tasks()


@pytest.mark.parametrize("name", TASKS)
def test_every_shipped_task_conforms(name: str) -> None:
    check_task(TASKS[name])


class Peek(Copy):
    """Predicts the right answers."""

    def fit(self, batches: Iterator[Batch]) -> Callable[[Batch], Tensor]:
        return lambda problems: problems.y


class Flat(Copy):
    """Predicts the flattened answer."""

    def fit(self, batches: Iterator[Batch]) -> Callable[[Batch], Tensor]:
        return lambda problems: problems.x.flatten(1)


class Exact(Copy):
    """No trivial rule."""

    trivial = False


class Changed(Shift):
    """The same with every batch changed."""

    def __init__(self, change: Callable[[Batch], Batch]) -> None:
        self.change = change

    def sample(self, *arguments: Any, **named: Any) -> Batch:
        return self.change(super().sample(*arguments, **named))


class Small(Changed):
    """The same with its problems' numbers made small."""

    def solved(self, batch: Batch, answer: Tensor) -> Tensor:
        return super().solved(replace(batch, x=batch.x.sign()), answer)


def made(**parts: Any) -> Task:
    """Return the task with some of its parts replaced."""
    task: Task = type("Other", (Shift,), parts)()
    return task


def test_a_task_with_given_entries_conforms() -> None:
    check_task(Shift())


def test_a_task_of_ones_own_conforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    from examples.own_task import Sorting

    check_task(Sorting(4))


COUNT = itertools.count()


def drawn_globally(batch: Batch) -> Batch:
    state = torch.get_rng_state()
    torch.rand(1)  # touches the global state, as a careless task would
    assert not torch.equal(state, torch.get_rng_state())
    return batch


def drawn_by_numpy(batch: Batch) -> Batch:
    """Draw as the released code draws its problems."""
    np.random.rand(1)  # noqa: NPY002
    return batch


def a_pool(self: Shift, size: int, generator: torch.Generator, *form: Any) -> Batch:
    rows = torch.randint(0, 30, (size,), generator=generator)
    pool = Shift.sample(self, 30, torch.Generator().manual_seed(0), *form)
    assert pool.given is not None
    return Batch(pool.x[rows], pool.y[rows], pool.given[rows])


def one_set(self: Shift, split: str, purpose: Purpose, size: int) -> Iterator[Batch]:
    yield from Task.fixed(self, split, "test", size)


def growing(self: Shift, split: str, purpose: Purpose, size: int) -> Iterator[Batch]:
    yield self.sample(size, torch.Generator().manual_seed(size), split, torch.float64)


def reads(self: Shift, batch: Batch, answer: Tensor) -> Tensor:
    return (self.space.decode(answer) == batch.y).flatten(1).all(1)


def moves_given(self: Shift, batch: Batch, rate: float, generator: torch.Generator) -> Tensor:
    return self.space.corrupt(batch.y, None, 0.9, generator)


def keeps_some(self: Shift, batch: Batch, rate: float, generator: torch.Generator) -> Tensor:
    wrong = self.space.corrupt(batch.y, batch.given, rate, generator)
    wrong[3] = batch.y[3]
    return wrong


def lowers(self: Shift, batch: Batch, rate: float, generator: torch.Generator) -> Tensor:
    return batch.y - (Shift.corrupt(self, batch, rate, generator) - batch.y).abs()


def at_another_rate(self: Shift, batch: Batch, rate: float, generator: torch.Generator) -> Tensor:
    return Shift.corrupt(self, batch, 0.9, generator)


def shared(batch: Batch) -> Batch:
    return Batch(batch.y, batch.y, batch.given)


FAULTS: dict[str, tuple[Task, str]] = {
    "the wrong shape": (made(y_shape=(5, 9)), "not y_shape"),
    "another type": (Changed(lambda b: Batch(b.x.float(), b.y, b.given)), "x is torch.float32"),
    "not finite": (Changed(lambda b: Batch(b.x / (b.x > 0), b.y, b.given)), "x is not finite"),
    "outside the space": (Changed(lambda b: Batch(b.x, 0.5 * b.y, b.given)), "not in the space"),
    "a mask of another shape": (
        Changed(lambda b: Batch(b.x, b.y, torch.ones(len(b), 9).bool())),
        "not shaped as y|Type-check",
    ),
    "a state of its own": (Changed(lambda b: Batch(b.x + next(COUNT), b.y, b.given)), "gave two batches"),
    "deaf to the generator": (
        made(sample=lambda self, size, g, *form: Shift.sample(self, size, g.manual_seed(1), *form)),
        "gave one batch",
    ),
    "global randomness": (Changed(drawn_globally), "global random state"),
    "NumPy's global randomness": (Changed(drawn_by_numpy), "global random state"),
    "shared memory": (Changed(shared), "shares memory"),
    "answers beyond the bound": (made(bound=0.5), "beyond bound"),
    "harder answers beyond the bound": (made(bound=0.5, solve_bound=0.5), "beyond bound|beyond solve_bound"),
    "a bound wider than the solver's": (made(solve_bound=0.5), "wider than solve_bound"),
    "right answers refused": (made(solved=lambda self, b, a: ~Shift.solved(self, b, a)), "not solved"),
    "hidden answers read": (made(solved=reads), "reads hidden answers"),
    "no solved": (made(own_metrics=lambda self: (UnknownCells(self.space),)), "no metric called solved"),
    "two of one name": (made(further_metrics=(UnknownCells(OneHot()),)), "have one name"),
    "corruption moves what is given": (made(corrupt=moves_given), "moves a given entry"),
    "corruption returns what is right": (made(corrupt=keeps_some), "corrupted answers are right"),
    "corruption that deletes alone": (made(corrupt=lowers), "one-sided"),
    "corruption of another rate": (made(corrupt=at_another_rate), "goes no farther"),
    "a baseline that peeks": (made(baselines=lambda self: {"peek": Peek()}), "peek.*reads hidden answers"),
    "a baseline of another shape": (made(baselines=lambda self: {"flat": Flat()}), "flat.*predicts"),
    "no trivial baseline": (made(baselines=lambda self: {"exact": Exact()}), "no baseline is trivial"),
    "a pool that is not parted": (made(sample=a_pool), "are both|are training problems"),
    "one set for every purpose": (made(fixed=one_set), "both test and validation"),
    "larger sets that are others": (made(fixed=growing), "does not extend"),
    "numbers that the hash rounds away": (Small(lambda b: Batch(1e-6 * b.x, b.y, b.given)), "does not see x"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_of_a_task_is_caught(fault: str) -> None:
    task, words = FAULTS[fault]
    with pytest.raises((AssertionError, TypeError), match=words):
        check_task(task)


def test_a_small_pool_may_be_exempted() -> None:
    check_task(made(sample=a_pool), disjoint=False)


class Off(Metric):
    """Unknown cells with one fault."""

    name, label, target = "cells", "cells", 1.0
    better: Better = "higher"
    scale: ScaleName = "points"

    def __init__(self, values: Callable[[Batch, Tensor], Tensor], weights: Any = None, **parts: Any) -> None:
        self.of, self.weighed = values, weights
        for name, value in parts.items():
            setattr(self, name, value)

    def values(self, batch: Batch, answer: Tensor) -> Tensor:
        return self.of(batch, answer)

    def weights(self, batch: Batch) -> Tensor | None:
        return None if self.weighed is None else self.weighed(batch)


CELLS = UnknownCells(OneHot())


def every_cell(batch: Batch, answer: Tensor) -> Tensor:
    return (OneHot().decode(answer) == batch.y).all(2).double().mean(1)


def favours(batch: Batch, answer: Tensor) -> Tensor:
    return ((answer[:, 0] != batch.y[:, 0]).any(1) | (answer == batch.y).flatten(1).all(1)).double()


def undecoded(batch: Batch, answer: Tensor) -> Tensor:
    return CELLS.values(batch, answer) * (OneHot().decode(answer) == answer).flatten(1).all(1)


METRIC_FAULTS: dict[str, tuple[Metric, str]] = {
    "one number for all": (Off(lambda b, a: CELLS.values(b, a).mean()), "one value per problem"),
    "truth values": (Off(lambda b, a: CELLS.values(b, a) == 1), "not a number"),
    "not finite": (Off(lambda b, a: 1 / (1 - CELLS.values(b, a))), "not finite"),
    "another target": (Off(CELLS.values, target=0.5), "misses its target"),
    "the other direction": (Off(CELLS.values, better="lower"), "better than its target"),
    "blind": (Off(lambda b, a: torch.ones(len(b)).double()), "every wrong answer"),
    "other problems": (Off(lambda b, a: CELLS.values(b, a).cumprod(0)), "depends on other problems"),
    "weights of another shape": (Off(CELLS.values, lambda b: torch.ones(1)), "weights have shape"),
    "negative weights": (Off(CELLS.values, lambda b: -torch.ones(len(b))), "negative"),
    "scores what is given": (Off(every_cell), "scores given entries"),
    "favours a wrong given entry": (Off(favours, name="solved"), "makes an answer right"),
    "verifies points as they are": (Off(undecoded, name="solved"), "undecoded"),
    "the last answer for all": (Off(lambda b, a: CELLS.values(replace(b, y=b.y[-1:].expand_as(b.y)), a)), "misses"),
    "changes answers": (Off(lambda b, a: CELLS.values(b, a.neg_())), "changed the answers"),
    "an unknown scale": (Off(CELLS.values, scale="percent"), "scale"),
    "no direction": (Off(CELLS.values, better="more"), "better"),
    "no label": (Off(CELLS.values, label=""), "no label"),
}


@pytest.mark.parametrize("fault", METRIC_FAULTS)
def test_every_fault_of_a_metric_is_caught(fault: str) -> None:
    metric, words = METRIC_FAULTS[fault]
    with pytest.raises(AssertionError, match=words):
        check_metric(metric, Shift())
