"""`field=value`: dotted paths, TOML values, and plain strings where TOML has none."""

import pytest

from ravine.config import read_run, read_study
from ravine.config.sources import parse_override
from ravine.errors import ConfigurationError


@pytest.mark.parametrize(
    ("word", "path", "value"),
    [
        ("seed=3", ("seed",), 3),
        ("training.steps=1_000", ("training", "steps"), 1000),
        ("optimizer.learning_rate=1e-3", ("optimizer", "learning_rate"), 1e-3),
        ("optimizer.betas=[0.5, 0.9]", ("optimizer", "betas"), [0.5, 0.9]),
        ('compute.device="cuda:1"', ("compute", "device"), "cuda:1"),
        ("compute.device=cuda:1", ("compute", "device"), "cuda:1"),
        ("mining.arm=none", ("mining", "arm"), "none"),
        ("flag=true", ("flag",), True),
        ('task={name="custom", factory="m:f"}', ("task",), {"name": "custom", "factory": "m:f"}),
        ("task.factory=m:f=g", ("task", "factory"), "m:f=g"),
        ("text=", ("text",), ""),
    ],
)
def test_words_become_paths_and_values(word: str, path: tuple[str, ...], value: object) -> None:
    assert parse_override(word) == (path, value)


@pytest.mark.parametrize("word", ["training.steps", "=3", ""])
def test_a_word_that_is_no_override_is_named(word: str) -> None:
    with pytest.raises(ConfigurationError, match="field=value"):
        read_run("inverse-quick", [word])


def test_overrides_reach_the_run_and_the_last_one_counts() -> None:
    run = read_run("inverse-quick", ["training.steps=7", "optimizer.betas=[0.5, 0.6]", "training.steps=9"])
    assert (run.training.steps, run.optimizer.betas) == (9, (0.5, 0.6))
    assert run.training.batch == read_run("inverse-quick").training.batch


def test_overrides_define_an_arm_of_ones_own() -> None:
    words = ["mining.arms.mild.propose.scale=1.5", "mining.arms.mild.refine.steps=4", "mining.arm=mild"]
    run = read_run("inverse-quick", words)
    assert run.mining.arms["mild"].refine.model_dump()["steps"] == 4
    assert "mild" in run.mining.known_arms


def test_a_whole_table_replaces_another() -> None:
    run = read_run("inverse-quick", ['task={name="custom", factory="module:made"}'])
    assert run.task.model_dump() == {"name": "custom", "factory": "module:made", "options": {}}


def test_overrides_of_a_study_are_of_the_study_or_of_its_run() -> None:
    study = read_study("pilot", ["seeds=4", "margin=0.1", "training.steps=11", "run.training.batch=8"])
    assert (study.seeds, study.margin) == (4, 0.1)
    assert (study.run.training.steps, study.run.training.batch) == (11, 8)


def test_fields_given_apart_replace_those_of_the_study() -> None:
    study = read_study("pilot", ["seeds=4"], seeds=2, workers=None)
    assert (study.seeds, study.workers) == (2, 0)


@pytest.mark.parametrize(
    "word", ["training.steps=true", 'training.steps="5"', "training.steps=5.0", "mining.weight=true"]
)
def test_values_are_not_bent_into_another_type(word: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{word.split('=')[0]}: input should be a valid "):
        read_run("inverse-quick", [word])


def test_an_integer_is_a_number() -> None:
    assert read_run("inverse-quick", ["mining.weight=1"]).mining.weight == 1.0
