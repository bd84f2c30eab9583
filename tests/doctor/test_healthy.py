"""Healthy pipelines are not accused, whatever they mine."""

from collections.abc import Callable, Sequence

import pytest
import torch

from ravine.config import RunConfig, read_run
from ravine.doctor.examine import examine
from ravine.doctor.own import Own, with_history
from ravine.doctor.prove import healthy_pipeline
from ravine.mining.arms import NAMED_ARMS

Config = Callable[..., RunConfig]


@pytest.mark.parametrize("energy", ["mlp", "matrix", "latin"])
def test_the_whole_examination_of_a_healthy_pipeline(energy: str, own: Callable[..., Own]) -> None:
    found = examine(own(energy))
    assert found.healthy, [f.sentence for f in found.findings if f.status == "fail"]
    asked = {f.code for f in found.findings if f.status == "pass"}
    assert len(asked) >= 45


def test_kinks_of_a_relu_network_are_no_wrong_gradient() -> None:
    released = ["energy={name='relation'}", "training.denoise={kind='score'}", "diffusion.schedule=cosine"]
    found = examine(Own(read_run("connectivity-2", [*released, "diffusion.landscapes=10"])), codes=["D502"])
    assert [each.status for each in found.findings if each.code == "D502"] == ["pass"]


@pytest.mark.parametrize(("preset", "arm"), [("distances", "none"), ("eigen", "self")])
def test_a_minimum_that_the_first_step_meets_leaves_the_others_nothing_to_do(preset: str, arm: str) -> None:
    found = examine(Own(read_run(preset, ["compute.threads=1", f"mining.arm={arm}"])), codes=["D105"])
    (fields,) = found.findings
    assert fields.status == "pass"
    assert fields.evidence["skipped"].keys() == {"solve.steps", *(["self: propose.steps"] if arm == "self" else [])}


def test_of_a_single_parameter_clipping_leaves_the_sign_alone() -> None:
    """Its step is the same whatever the seed and the moments, and its two gradients lie along one line."""
    found = examine(
        Own(read_run("lu", ["compute.threads=1", "mining.arm=adversarial-5"])), codes=["D105", "D311", "D515"]
    )
    assert [each.status for each in found.findings] == ["pass", "warn", "pass"]
    (entry,) = found.findings[1].evidence.values()
    assert entry["loss"] > 1000
    assert entry["cosine"] > 0.99


def test_a_contrast_beside_a_loss_that_is_yet_to_fall_does_something() -> None:
    words = ["compute.threads=1", "mining.arm=near-miss", "seed=20240"]
    (found,) = examine(Own(read_run("equation", words)), codes=["D311"]).findings
    (entry,) = found.evidence.values()
    assert found.status == "warn"
    assert entry["loss"] < 0.01 < 0.1 < entry["open"]
    (other,) = examine(Own(read_run("equation", [*words, "mining.weight=1e-4"])), codes=["D311"]).findings
    assert (other.status, other.says) == ("fail", "the contrastive term does nothing")


def test_a_preset_whose_answers_are_decoded_and_ranked() -> None:
    words = ["mining.arm=adversarial", "task.boards=500", "compute.device=cpu", "compute.threads=1"]
    found = examine(Own(read_run("sudoku-4", words)))
    assert found.healthy, [f.sentence for f in found.findings if f.status == "fail"]
    assert {"D315", "D520"} <= {f.code for f in found.findings if f.status == "pass"}


@pytest.mark.parametrize(
    "arm",
    [
        "trajectory",
        "random-target",
        "{propose={kind='chains'}, refine={steps=2}}",
        "{propose={kind='corruption'}, use='both'}",
    ],
)
def test_other_uses_of_mined_points(arm: str, config: Config) -> None:
    words = (
        [f"mining.arm={arm}"] if arm.isidentifier() or "-" in arm[:8] else [f"mining.arms.own={arm}", "mining.arm=own"]
    )
    found = examine(Own(config("sudoku", *words)), phases=[1, 2, 3, 4])
    assert found.healthy, [f.sentence for f in found.findings if f.status == "fail"]
    statuses = {f.code: f.status for f in found.findings}
    assert statuses["D319"] in {"pass", "warn"}
    assert statuses["D302"] == ("not applicable" if "chains" in arm else "pass")
    assert statuses["D409"] == ("pass" if arm == "random-target" else "not applicable")


@pytest.mark.parametrize("arm", ["adversarial", "none"])
def test_an_energy_that_has_solved_its_task_is_not_accused(arm: str, config: Config) -> None:
    found = examine(healthy_pipeline(config("sudoku", f"mining.arm={arm}"), 120))
    assert found.healthy, [f.sentence for f in found.findings if f.status == "fail"]
    statuses = {f.code: f.status for f in found.findings}
    asked = {"D101", "D105", "D504", "D508", "D513", "D517"} | ({"D107", "D108", "D506"} if arm != "none" else set())
    assert {statuses[code] for code in asked} <= {"pass", "warn"}


def test_a_trained_pipeline(config: Config) -> None:
    found = examine(with_history(config("mlp"), 100), phases=[3, 5])
    assert found.healthy, [f.sentence for f in found.findings if f.status == "fail"]
    assert {"D504", "D513"} <= {f.code for f in found.findings if f.status == "pass"}


ARMS = sorted(name for name, arm in NAMED_ARMS.items() if arm.mines)
GROUPS = [tuple(ARMS[i::4]) for i in range(4)]
"""All named arms: those of a group mine side by side, so that what does not hang on an arm is asked once for them."""


def side_by_side(arms: Sequence[str]) -> str:
    """Return the word that shares the rows among arms."""
    return "mining.mixture={" + ", ".join(f"{arm}={1 / len(arms)}" for arm in arms) + "}"


@pytest.mark.parametrize("word", [*map(side_by_side, GROUPS), "mining.arm=ensemble"])
def test_cheap_checks_of_every_named_arm(word: str, own: Callable[..., Own]) -> None:
    found = examine(own("mlp", word), cheap=True)
    assert found.healthy, [f.sentence for f in found.findings if f.status == "fail"]


def test_without_mining_its_checks_are_not_applicable(own: Callable[..., Own]) -> None:
    found = examine(own("mlp", "mining.arm=none"), cheap=True)
    assert found.healthy, [f.sentence for f in found.findings if f.status == "fail"]
    mining = next(f for f in found.findings if f.code == "D301")
    assert (mining.status, mining.says) == ("not applicable", "no arm of the configuration mines")


@pytest.mark.parametrize(
    ("arms", "steps"), [*((group, 0) for group in GROUPS), (("none",), 0), (("self", "trajectory", "replay"), 120)]
)
def test_a_task_with_givens_and_one_hot_answers(arms: tuple[str, ...], steps: int, config: Config) -> None:
    pipeline = healthy_pipeline(config("latin", side_by_side(arms)), steps)
    found = examine(pipeline, phases=[3, 4, 5] if steps else None)
    assert found.healthy, [f.sentence for f in found.findings if f.status == "fail"]
    statuses = {f.code: f.status for f in found.findings}
    if arms != ("none",):
        assert {statuses[code] for code in ("D308", "D315", "D317", "D407", "D509")} == {"pass"}
    assert {statuses[code] for code in ("D519", "D520")} == {"pass"}


@pytest.mark.parametrize(
    "words",
    [
        ("mining.curriculum=anneal", "mining.interpolate=true"),
        ("mining.every=3", "training.accumulation=2"),
        ("mining.every=500",),
        ("mining.contrast=info-nce", "mining.arms.many={select={kind='only', candidates=3}}", "mining.arm=many"),
        ("mining.mixture={none=0.5, random=0.25, hard=0.25}", "optimizer.schedule=linear"),
        (
            "mining.arms.m={refine={kind='langevin', metropolis=true}, select={kind='top-share', candidates=4}}",
            "mining.arm=m",
        ),
        (
            "mining.arms.m={refine={kind='ascent'}, select={kind='below-margin'}}",
            "mining.arms.n={propose={kind='trajectory'}}",
            "mining.mixture={m=0.5, n=0.5}",
        ),
        ("mining.weight_end=0", "mining.decay=cosine"),
    ],
    ids=["curriculum", "every", "rarely", "many negatives", "mixture", "langevin", "ascent", "decay"],
)
def test_other_ways_to_mine(words: tuple[str, ...], own: Callable[..., Own]) -> None:
    found = examine(own("mlp", *words), phases=[1, 2, 3])
    assert found.healthy, [f.sentence for f in found.findings if f.status == "fail"]


def test_a_loss_term_of_ones_own_is_examined_too(own: Callable[..., Own]) -> None:
    found = examine(own("mlp", "training.terms=[{name='flat', factory='tests.testing.toy:Flat'}]"), phases=[1, 3])
    assert found.healthy, [f.sentence for f in found.findings if f.status == "fail"]
    checks = {f.code: f for f in found.findings}
    assert checks["D107"].evidence["gradient_norm"]["adversarial: flat"] > 0
    assert {checks[code].status for code in ("D106", "D108", "D318")} == {"pass"}


def test_mining_without_a_weight_is_told_of_once(own: Callable[..., Own]) -> None:
    found = examine(own("mlp", "mining.weight=0"))
    assert found.fired() == ["D311"]
    (said,) = (f.says for f in found.findings if f.code == "D311")
    assert said == "the contrastive term's weight is always 0: mining costs time and does nothing"


def test_an_examination_changes_nothing(own: Callable[..., Own]) -> None:
    pipeline = own()
    before = {name: value.clone() for name, value in pipeline.model().state_dict().items()}
    examine(pipeline, phases=[3, 4])
    assert pipeline.clock() == 0
    assert all(torch.equal(value, before[name]) for name, value in pipeline.model().state_dict().items())


def test_examinations_repeat_exactly(own: Callable[..., Own]) -> None:
    first, second = (examine(own(), phases=[3]).findings for _ in range(2))
    assert [(f.code, f.status, f.evidence) for f in first] == [(f.code, f.status, f.evidence) for f in second]


def test_a_loss_of_cells_is_given_no_entries_that_its_task_never_gives() -> None:
    (found,) = examine(Own(read_run("sort-2", ["compute.threads=1", "mining.arm=corrupt"])), codes=["D315"]).findings
    assert (found.status, found.says) == ("not applicable", "no entries are ever given")
    assert Own(read_run("sudoku-4", ["compute.threads=1"])).holds_given


@pytest.mark.parametrize("arm", ["adversarial", "corrupt"])
def test_answers_of_one_sign(arm: str) -> None:
    """Of one entry there is one wrong answer, and the bound makes half of the noised ones right."""
    found = examine(Own(read_run("parity", [f"mining.arm={arm}"])))
    assert found.healthy, [f.sentence for f in found.findings if f.status == "fail"]
