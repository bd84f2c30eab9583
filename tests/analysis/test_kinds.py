"""Kinds of negatives, read from configurations."""

from typing import Any

import pytest

from ravine.analysis.kinds import kind_of
from ravine.config import arm_run, read_run, read_study

REFINED = {"refine": {"steps": 1}}


def kind(**mining: Any) -> str:
    return kind_of({"mining": mining})


@pytest.mark.parametrize(
    ("arm", "expected"),
    [
        ("none", "none"),
        ("random", "random"),
        ("random-matched", "random"),
        ("corrupt", "random"),
        ("replay", "random"),
        ("adversarial", "mined"),
        ("hard", "mined"),
        ("corrupt-adversarial", "mined"),
        ("self", "mined"),
        ("ensemble", "mined"),
    ],
)
def test_named_arms(arm: str, expected: str) -> None:
    assert kind(arm=arm) == expected


def test_the_configuration_counts_and_not_the_name() -> None:
    assert kind(arm="random-like", arms={"random-like": REFINED}) == "mined"
    assert kind(arm="adversarial-like", arms={"adversarial-like": {}}) == "random"
    assert kind(arm="a", arms={"a": {"select": {"kind": "lowest", "candidates": 4}}}) == "mined"
    assert kind(arm="a", arms={"a": {"select": {"kind": "only", "candidates": 4}}}) == "random"
    assert kind(arm="a", arms={"a": {"propose": {"kind": "custom", "factory": "m:f"}}}) == "mined"


def test_what_never_weighs_is_no_mining() -> None:
    assert kind(arm="adversarial", weight=0.0) == "none"
    assert kind(arm="none", mixture={"none": 1.0, "adversarial": 0.0}) == "none"
    assert kind(mixture={"none": 0.5, "random": 0.5}) == "random"
    assert kind(stages=[{"arm": "adversarial", "weight": 0.0}, {"start": 0.5, "arm": "random"}]) == "random"
    assert kind(curriculum="warm-up") == "mined"


def test_a_configuration_without_mining_is_unknown() -> None:
    assert kind_of({}) == "unknown"


def test_whole_runs_and_arms_of_studies() -> None:
    assert kind_of(read_run("inverse").model_dump(mode="json")) == "none"
    study = read_study("pilot")
    assert [kind_of(arm_run(study, arm, 0).model_dump(mode="json")) for arm in study.arms] == [
        "none",
        "random",
        "mined",
        "none",
    ]
