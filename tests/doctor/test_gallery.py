"""Small trainers in the shapes that other people's have: healthy ones are not accused, and each fault has its name."""

import contextlib
import functools
import inspect
from typing import Any

import pytest
from tests.doctor.foreign import curriculum, divergence, hard, langevin, pgd, released

from ravine.doctor.examine import Examination, examine
from ravine.doctor.pipeline import NotOffered
from ravine.doctor.prove import premises

pytestmark = pytest.mark.usefixtures("apart")
GALLERY = (released, langevin, divergence, hard, curriculum, pgd)
PLANTED = [(trainer, fault) for trainer in GALLERY for fault in trainer.FAULTS]
PULLING = 30.0
"""A weight with which a contrast whose negatives climb takes the energy over."""


def name_of(value: Any) -> str:
    return getattr(value, "__name__", str(value)).rpartition(".")[2]


def finding(found: Examination, code: str) -> Any:
    return next(entry for entry in found.findings if entry.code == code)


@functools.cache
def healthy(trainer: Any) -> Examination:
    return examine(trainer.pipeline())


@pytest.mark.parametrize("trainer", GALLERY, ids=name_of)
def test_a_healthy_one_is_not_accused(trainer: Any) -> None:
    found = healthy(trainer)
    assert found.healthy, [f.sentence for f in found.findings if f.status in {"fail", "adapter failed"}]
    assert sum(f.status == "pass" for f in found.findings) >= 20
    assert {f.code for f in found.findings if f.status == "pass"} >= {"D101", "D106", "D107", "D303", "D305"}

    assert found.seconds < 30


@pytest.mark.parametrize(
    ("trainer", "code", "status"),
    [
        (langevin, "D205", "not applicable"),  # a loss without a temperature
        (langevin, "D407", "pass"),  # a refinement that draws noise
        (langevin, "D512", "pass"),
        (pgd, "D316", "not applicable"),  # a step rule of its own
        (pgd, "D309", "pass"),  # negatives that live as noised points
        (hard, "D515", "pass"),  # code that draws from the global generators
        (divergence, "D406", "pass"),  # neither a miner nor a recipe
        (released, "D106", "pass"),  # a weight that is a constant of the loss
    ],
    ids=name_of,
)
def test_what_other_people_do_otherwise_is_no_fault(trainer: Any, code: str, status: str) -> None:
    assert finding(healthy(trainer), code).status == status


def test_a_failure_hides_no_fault_that_its_arithmetic_has_nothing_to_do_with() -> None:
    """Negatives lie outside of a bound that is said too small: the scores and the sign are looked at all the same."""
    codes = ["D303", "D309", "D403", "D407"]
    for fault, code in (("reversed", "D303"), ("first candidate", "D403")):
        made = hard.pipeline(fault)
        made.bound = 1.0
        assert examine(made, codes=codes).fired() == sorted([code, "D309"])
    rests = {code: premises(code) for code in ("D303", "D301", "D403")}
    assert "D308" in rests["D303"]
    assert "D407" in rests["D301"]
    assert not {"D301", "D512"} & (rests["D303"] | rests["D403"])


def test_a_swallowed_error_needs_no_recipe_to_be_seen() -> None:
    class Unsaid(hard.Chosen):
        def recipe(self, arm: str) -> Any:
            raise NotOffered("it is not said how it mines")

    assert examine(Unsaid("swallowed"), codes=["D403", "D406"]).fired() == ["D406"]


def test_the_two_stories_of_the_documentation() -> None:
    assert examine(released.pipeline("gradient divided")).fired() == ["D502"]
    assert examine(divergence.pipeline("dead term")).fired() == ["D107"]


@pytest.mark.parametrize(("trainer", "fault"), PLANTED, ids=name_of)
def test_a_fault_is_named_by_the_check_meant_for_it(trainer: Any, fault: str) -> None:
    found = examine(trainer.pipeline(fault))
    assert trainer.FAULTS[fault] in found.fired()
    assert len(found.fired()) <= 2, [f.sentence for f in found.findings if f.status == "fail"]
    assert found.broken() == []


@pytest.mark.parametrize(
    ("trainer", "fault", "code", "advice"),
    [
        (langevin, "added twice", "D106", "show further terms of the loss as Terms.others"),
        (released, "wrong prefix", "D516", "strict=True"),
        (curriculum, "said to be by rows", "D203", '`mixed = "batch"`'),
        (divergence, "dead term", "D107", "look for a detach"),
    ],
    ids=name_of,
)
def test_advice_is_the_faults(trainer: Any, fault: str, code: str, advice: str) -> None:
    assert advice in finding(examine(trainer.pipeline(fault), codes=[code]), code).advice


def test_a_dead_term_is_called_by_its_name() -> None:
    says = finding(examine(divergence.pipeline("dead term"), codes=["D107"]), "D107").says
    assert says == "mining: small: a gradient of 0 in every parameter, whatever its weight"


def trained(made: Any, weight: float, steps: int = 400) -> Any:
    made.trainer.weight = weight
    for _ in range(steps):
        made.trainer.train_one()
    return made


def test_a_contrast_that_pulls_against_the_denoising_is_named_after_training() -> None:
    codes = ["D303", "D311", "D504", "D513", "D523"]
    assert examine(trained(hard.pipeline(), 0.5), codes=codes).fired() == []
    found = examine(trained(langevin.pipeline("ascent"), PULLING), codes=codes)
    assert found.fired() == ["D311"]
    assert "works against the denoising term, whose loss was 1.05 at first" in finding(found, "D311").says
    assert finding(found, "D523").says == "fix D311 first (it blocks 3)"


@pytest.mark.parametrize(("fault", "status"), [("", "pass"), ("ascent", "fail")])
def test_a_step_that_draws_noise_is_looked_at_in_the_mean(fault: str, status: str) -> None:
    assert finding(examine(langevin.pipeline(fault), codes=["D512"]), "D512").status == status


def test_an_adapter_for_the_common_shape_is_short() -> None:
    lines = inspect.getsource(released.Adapter).splitlines() + inspect.getsource(released.pipeline).splitlines()
    assert len([line for line in lines if line.strip()]) < 20


def test_an_examination_leaves_the_trainer_alone() -> None:
    made = langevin.pipeline()
    before = {name: value.clone() for name, value in made.model().state_dict().items()}
    made.trainer.train_one()
    after = {name: value.clone() for name, value in made.model().state_dict().items()}
    held = len(made.trainer.buffer)
    with contextlib.suppress(ZeroDivisionError):
        examine(made, phases=[1, 3])
    assert len(made.trainer.buffer) == held
    assert made.clock() == 1
    assert all(bool((value == after[name]).all()) for name, value in made.model().state_dict().items())
    assert any(bool((value != after[name]).any()) for name, value in before.items())
