"""Every planted fault is caught by the check meant for it, and taken out again without a trace."""

from collections.abc import Callable

import pytest

from ravine.build import task
from ravine.config import RunConfig
from ravine.doctor import faults
from ravine.doctor.checks import CHECKS
from ravine.doctor.examine import examine
from ravine.doctor.faults import FAULTS
from ravine.doctor.prove import caught, occurs, planted_pipeline
from ravine.mining.miner import Miner
from ravine.objective import Objective
from ravine.training.loop import Trainer

Config = Callable[..., RunConfig]
WHOLE = ("contrast-left-out", "negatives-not-finite", "refined-at-another-landscape")
"""Faults of every kind whose whole examination is asked here; `ravine doctor --prove` asks it of all."""
HOST = {None: "mlp", "given": "latin", "decoded": "latin", "finite": "sudoku"}
"""The small pipeline that a fault is planted in, by the kind of task that it needs."""


def premises(code: str) -> set[str]:
    """Return a check with all that it rests on."""
    return {code}.union(*(premises(other) for other in CHECKS[code].rests_on))


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_check_meant_for_a_fault_catches_it(name: str, config: Config) -> None:
    fault = FAULTS[name]
    with planted_pipeline(fault, config(HOST[fault.needs])) as (pipeline, baseline):
        found = examine(pipeline, baseline=baseline, codes=premises(fault.check))
    fired = found.fired()
    assert fault.check in fired
    assert len(fired) <= 2, fired


@pytest.mark.parametrize("name", WHOLE)
def test_a_fault_is_told_of_once(name: str, config: Config) -> None:
    result = caught(FAULTS[name], config("matrix"))
    assert result.caught
    assert len(result.also) <= 1, result.also
    assert result.seconds > 0


def test_faults_that_a_task_is_too_plain_for(config: Config) -> None:
    finite = {"chains-never-restarted", "chains-never-moved"}
    left_out = {name for name, fault in FAULTS.items() if not occurs(fault, task(config("mlp")))}
    assert left_out == {"given-entries-scored", "verified-undecoded", "ranked-undecoded", *finite}
    assert all(occurs(fault, task(config("sudoku"))) for fault in FAULTS.values())


@pytest.mark.parametrize(
    "name",
    [
        "givens-noised-in-training",
        "givens-moved-by-refinement",
        "givens-overwritten-by-the-solver",
        "corruption-returns-the-answer",
        "tests-not-held-out",
    ],
)
def test_faults_of_a_task_with_givens_of_its_own(name: str, config: Config) -> None:
    result = caught(FAULTS[name], config("latin"))
    assert result.caught
    assert len(result.also) <= 1, result.also


def test_every_check_has_a_fault() -> None:
    assert set(faults.by_check()) == set(CHECKS)
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
