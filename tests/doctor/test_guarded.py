"""Exits, errors, iterators, global generators, answers that are no numbers: what other people's code brings along."""

import math
import random
import sys
import threading
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import torch
from tests.doctor.foreign import curriculum, hard, langevin, released

from ravine.doctor.bench import Bench
from ravine.doctor.checks import CHECKS
from ravine.doctor.copies import copied
from ravine.doctor.examine import Ward, examine
from ravine.doctor.finding import Outcome, Status, above, below, largest, numeric
from ravine.doctor.guarded import guarded
from ravine.doctor.oracle import rank_correlation
from ravine.doctor.own import Own
from ravine.doctor.randomness import moved, random_state
from ravine.doctor.shown import Terms
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
    assert said.advice == "fix the adapter; this says nothing about the pipeline"


def test_an_error_of_the_trainer_is_told_once_with_its_place() -> None:
    made = hard.pipeline()
    made.trainer.batch = 0  # the mean of nothing is no number
    found = examine(made, codes=["D101", "D102", "D203", "D515"])
    assert found.fired() == ["D101"]
    (said,) = (f for f in found.findings if f.status == "fail")
    assert "FloatingPointError" in said.says
    assert "(parts.py:" in said.says
    assert said.advice == "fix the error where it is raised"


def test_what_is_not_offered_and_what_is_not_asked_are_two_answers() -> None:
    found = examine(hard.pipeline("reversed"))
    statuses = {f.code: (f.status, f.says) for f in found.findings}
    assert statuses["D201"] == ("not applicable", "the adapter does not say what curriculum is configured")
    broken = examine(langevin.pipeline("no gradient"))
    asked = {f.code: f.says for f in broken.findings if f.status == "not asked"}
    assert asked["D303"] == f"fix D107 first (it blocks {len(asked)})"
    assert all(f.status != "not asked" for f in found.findings if f.code not in {"D504", "D513", "D523"})


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


def nan_in(made: Any, method: str) -> list[None]:
    """Let a method answer with what is no number anywhere, and return a list that grows with its calls."""
    original, calls = getattr(made, method), list[None]()

    def answer(*given: Any) -> Any:
        calls.append(None)
        return no_number(original(*given))

    setattr(made, method, answer)
    return calls


def no_number(answer: Any) -> Any:
    """Return an answer with NaN in place of every number."""
    if isinstance(answer, torch.Tensor):
        return answer * math.nan
    names = (field.name for field in fields(answer))
    shown = {name: value for name in names if isinstance(value := getattr(answer, name), torch.Tensor | Terms)}
    return replace(answer, **{name: no_number(value) for name, value in shown.items()})


BLIND = {"D312": "puts a NaN there itself", "D406": "watches exceptions", "D509": "looks for traces"}
"""Checks that read no number of what they ask for."""


@pytest.mark.parametrize("method", ["loss", "mine", "proposals", "energy", "gradient", "step"])
def test_no_check_passes_on_what_is_not_a_number(method: str) -> None:
    made = hard.pipeline()
    made.trained_steps, made.leaves_traces = 400, False
    calls = nan_in(made, method)
    ward, passing = Ward(Bench(guarded(made))), set[str]()
    for check in CHECKS.values():
        before = len(calls)
        status = ward.ask(replace(check, rests_on=())).status
        if len(calls) > before and status not in {"fail", "not applicable", "adapter failed"}:
            passing.add(check.code)
    assert calls
    assert passing <= BLIND.keys()


@pytest.mark.parametrize(("method", "codes"), [("solve", ["D105", "D315"]), ("descend", ["D512"])])
def test_nor_where_it_solves(
    method: str, codes: list[str], own: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = own()
    monkeypatch.setattr(Own, method, getattr(Own, method))  # put back afterwards; copies have it too
    nan_in(Own, method)
    assert set(examine(made, codes=codes).fired()) == set(codes)


@pytest.mark.parametrize("status", ["pass", "warn"])
def test_evidence_that_is_not_a_number_is_a_failure_whatever_was_compared(status: Status) -> None:
    bad = numeric(Outcome(status, {"share": {"arm": [1.0, math.nan]}, "name": "nan"}))
    assert (bad.status, bad.says) == ("fail", "the evidence contains NaN")
    good = Outcome(status, {"share": {"arm": [1.0, math.inf]}, "name": "nan", "skipped": None})
    assert numeric(good) == good
    assert numeric(Outcome("not applicable")).status == "not applicable"


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
