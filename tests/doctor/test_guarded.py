"""Exits, errors, iterators, global generators, answers that are no numbers: what other people's code brings along."""

import math
import random
import sys
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tests.doctor.foreign import curriculum, hard, langevin, released

from ravine.doctor.checks import CHECKS
from ravine.doctor.copies import copied
from ravine.doctor.examine import examine
from ravine.doctor.finding import above, below, largest
from ravine.doctor.guarded import guarded
from ravine.doctor.oracle import rank_correlation
from ravine.doctor.randomness import moved, random_state
from ravine.errors import AdapterError

pytestmark = pytest.mark.usefixtures("apart")


def test_an_adapters_own_error_is_no_finding() -> None:
    class Careless(hard.Chosen):
        def loss(self, *given: Any) -> Any:
            return dict[str, Any]()["loss"]

    found = examine(Careless())
    assert found.fired() == []
    assert len(found.broken()) == 1  # told once
    assert not found.healthy
    (said,) = (f for f in found.findings if f.status == "adapter failed")
    assert "KeyError: 'loss' (test_guarded.py" in said.says
    assert said.advice == "mend the adapter; nothing is said of the pipeline"


def test_an_error_of_the_trainer_is_told_once_with_its_place() -> None:
    made = hard.pipeline()
    made.trainer.batch = 0  # the mean of nothing is no number
    found = examine(made, codes=["D101", "D102", "D203", "D515"])
    assert found.fired() == ["D101"]
    (said,) = (f for f in found.findings if f.status == "fail")
    assert "FloatingPointError" in said.says
    assert "(parts.py:" in said.says
    assert said.advice == "mend the error where it is raised"


def test_what_is_not_offered_and_what_is_not_asked_are_two_answers() -> None:
    found = examine(hard.pipeline("reversed"))
    statuses = {f.code: (f.status, f.says) for f in found.findings}
    assert statuses["D201"] == ("not applicable", "the adapter does not say what curriculum is configured")
    broken = examine(langevin.pipeline("no gradient"))
    asked = {f.code: f.says for f in broken.findings if f.status == "not asked"}
    assert asked["D303"] == f"mend D107 first (it blocks {len(asked)})"
    assert all(f.status != "not asked" for f in found.findings if f.code not in {"D504", "D513", "D514", "D523"})


def test_iterators_and_locks_are_copied() -> None:
    source = (i for i in range(10))
    held: dict[str, Any] = {"data": source, "cycled": enumerate("abc"), "lock": threading.Lock()}
    first, second = copied(held), copied(copied(held))
    assert [next(first["data"]) for _ in range(3)] == [0, 1, 2]
    again = copied(first)
    assert next(first["data"]) == next(again["data"]) == 3
    assert next(first["cycled"]) == (0, "a")
    assert first["lock"] is not held["lock"]
    assert first["lock"].acquire(blocking=False)
    assert isinstance(next(second["data"]), int)


def test_copies_draw_from_global_generators_of_their_own() -> None:
    made = guarded(hard.pipeline())
    one, other = made.fresh(seed=1), made.fresh(seed=1)
    assert torch.equal(one.training_problems().y, other.training_problems().y)
    assert not torch.equal(one.training_problems().y, made.fresh(seed=2).training_problems().y)
    held = random_state()
    made.step()
    made.mine("mining", made.problems(4, 0), torch.zeros(4, dtype=torch.long), None, 0)
    assert not moved(held, random_state())
    assert random.getstate() == held["python"]
    legacy: Any = np.random.get_state()  # noqa: NPY002
    assert legacy[2] == held["numpy"][2]


def test_code_that_is_not_said_to_draw_globally_is_found_out() -> None:
    made = hard.pipeline()
    assert examine(made, codes=["D509"]).fired() == []
    made.global_randomness = False
    assert examine(made, codes=["D509"]).fired() == ["D509"]


def test_a_question_leaves_no_nan_in_a_memory() -> None:
    made = langevin.pipeline()
    made.trainer.train_one()
    found = examine(made, codes=["D312", "D305", "D309", "D301"])
    assert found.healthy
    assert all(bool(held.isfinite().all()) for held in made.trainer.buffer)


def nan_in(made: Any, method: str) -> Any:
    """Return a pipeline one of whose answers is no number anywhere."""
    original = getattr(made, method)

    def answer(*given: Any) -> Any:
        found = original(*given)
        if isinstance(found, torch.Tensor):
            return found * math.nan
        names = ("negatives", "candidates", "energies", "total", "denoise", "contrast")
        shown = {name: getattr(found, name) for name in names if getattr(found, name, None) is not None}
        return replace(found, **{name: value * math.nan for name, value in shown.items()})

    setattr(made, method, answer)
    return made


@pytest.mark.parametrize(
    ("method", "codes"),
    [
        ("loss", ["D106", "D107", "D109", "D205", "D303", "D305", "D311", "D317", "D318", "D506", "D507"]),
        ("mine", ["D305", "D309", "D310", "D403", "D407"]),
        ("proposals", ["D305", "D306", "D309", "D403", "D407"]),
        ("energy", ["D303", "D308", "D310", "D403", "D501", "D502", "D505", "D513"]),
        ("gradient", ["D502", "D503", "D504", "D514", "D317"]),
    ],
)
def test_no_check_passes_on_what_is_not_a_number(method: str, codes: list[str]) -> None:
    made = nan_in(hard.pipeline(), method)
    for code in codes:
        made.trained_steps = 400 if code in {"D504", "D513", "D514"} else 0
        (found,) = examine(made, codes=[code]).findings
        assert found.status != "pass", found.sentence


def test_limits_fail_on_nan() -> None:
    assert not below([0.0, math.nan], 1)
    assert not above({"a": [2.0, math.nan]}, 1)
    assert math.isnan(largest([0.0, math.nan]))
    assert math.isnan(largest([math.nan, 0.0]))
    assert math.isnan(rank_correlation(torch.tensor([[0.0, math.nan]]), torch.tensor([[0.0, 1.0]])))


def test_a_check_rests_on_no_check_that_rests_on_it() -> None:
    for code in CHECKS:
        seen, waiting = set[str](), list(CHECKS[code].rests_on)
        while waiting:
            other = waiting.pop()
            assert other != code
            if other not in seen:
                seen.add(other)
                waiting += CHECKS[other].rests_on


def test_one_failed_check_leaves_few_unasked() -> None:
    for root in CHECKS:
        blocked = {code for code in CHECKS if root in closure(code)} - {root}
        assert len(blocked) <= (32 if root == "D309" else 24), (root, sorted(blocked))  # all that reads negatives


def closure(code: str) -> set[str]:
    """Return everything that a check rests on, in the end."""
    return {code}.union(*(closure(other) for other in CHECKS[code].rests_on))


@pytest.mark.parametrize("trainer", [released, curriculum])
def test_a_stochastic_trainer_answers_alike_each_time(trainer: Any) -> None:
    first, second = (examine(trainer.pipeline(), codes=["D305", "D308", "D317", "D407"]).findings for _ in range(2))
    assert [(f.code, f.status, f.evidence) for f in first] == [(f.code, f.status, f.evidence) for f in second]


def test_the_adapter_error_is_the_users_to_mend() -> None:
    made: Any = hard.pipeline()
    made.trainer.more = lambda *given, **named: sys.exit("over")
    with pytest.raises(AdapterError, match=r"calls exit\('over'\) in loss\(\) \(test_guarded.py:"):
        examine(made)
