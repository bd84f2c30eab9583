"""Every planted fault is caught by the check meant for it, and taken out again without a trace."""

from collections.abc import Callable

import pytest

from ravine.config import RunConfig
from ravine.doctor import faults
from ravine.doctor.checks import CHECKS
from ravine.doctor.examine import examine
from ravine.doctor.faults import FAULTS
from ravine.doctor.prove import EVERY, caught, planted_pipeline, premises, sampled
from ravine.mining.miner import Miner
from ravine.objective import Objective
from ravine.training.loop import Trainer

Config = Callable[..., RunConfig]
WHOLE = ("contrast-left-out", "negatives-not-finite", "refined-at-another-landscape")
"""Faults of every kind that are asked more than their own checks here, as `ravine doctor --prove` does of all."""

GIVENS = (
    "givens-noised-in-training",
    "givens-moved-by-refinement",
    "givens-overwritten-by-the-solver",
    "tests-not-held-out",
)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_check_meant_for_a_fault_catches_it(name: str, config: Config) -> None:
    fault = FAULTS[name]
    with planted_pipeline(fault, config("mlp")) as (pipeline, baseline):
        found = examine(pipeline, baseline=baseline, codes=premises(fault.check))
    fired = found.fired()
    assert fault.check in fired
    assert len(fired) <= 2, fired


@pytest.mark.parametrize(("turn", "name"), list(enumerate(WHOLE)))
def test_a_fault_is_told_of_once(turn: int, name: str, config: Config) -> None:
    result = caught(FAULTS[name], config("matrix"), sampled(FAULTS[name].check, turn))
    assert result.caught
    assert len(result.also) <= 1, result.also
    assert result.seconds > 0


@pytest.mark.parametrize(
    ("turn", "name"),
    list(enumerate(GIVENS)),
)
def test_faults_of_a_task_with_givens_of_its_own(turn: int, name: str, config: Config) -> None:
    result = caught(FAULTS[name], config("latin"), sampled(FAULTS[name].check, turn))
    assert result.caught
    assert len(result.also) <= 1, result.also


def test_a_few_faults_in_turn_are_asked_every_check() -> None:
    assert set().union(*(sampled("D101", turn) for turn in range(EVERY))) == set(CHECKS)
    assert all(premises("D316") <= sampled("D316", turn) for turn in range(EVERY))
    assert len(sampled("D101", 0)) < 0.7 * len(CHECKS)


def test_every_check_has_a_fault() -> None:
    assert {fault.check for fault in faults.FAULTS.values()} == set(CHECKS)
    assert len(FAULTS) >= 30


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_is_taken_out_again(name: str) -> None:
    before = [dict(vars(owner)) for owner in (Miner, Objective, Trainer)]
    with pytest.raises(RuntimeError, match="on purpose"), faults.planted(name):
        raise RuntimeError("on purpose")
    assert [dict(vars(owner)) for owner in (Miner, Objective, Trainer)] == before


def test_faults_are_context_managers_by_name() -> None:
    before = Miner.choose
    with faults.unclipped(), faults.proposal_returned():  # type: ignore[attr-defined]
        assert Miner.choose is not before
    assert Miner.choose is before
    with pytest.raises(KeyError):
        faults.planted("none such")
