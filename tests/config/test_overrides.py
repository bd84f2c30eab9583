"""`field=value`: dotted paths, TOML values, and plain strings where TOML has none."""

from pathlib import Path

import pytest

from ravine.config import arm_run, read_run, read_study
from ravine.config.sources import parse_override, with_overrides
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


def test_overrides_choose_another_member_of_a_union() -> None:
    run = read_run("completion", ["task.n=4", "energy.width=16", "energy.name=mlp"])
    assert run.energy.model_dump() == {"name": "mlp", "width": 16, "embedding_width": 128, "head": "norm"}
    run = read_run("inverse-quick", ["task.factory=module:made", "task.name=custom"])
    assert run.task.model_dump() == {"name": "custom", "factory": "module:made", "options": {}}
    run = read_run("inverse-quick", ["mining.arms.a.propose.capacity=512", "mining.arms.a.propose.kind=replay"])
    assert run.mining.arms["a"].propose.model_dump()["capacity"] == 512


def test_an_override_of_a_study_and_of_a_trained_run_chooses_another_member_too() -> None:
    run = read_study("matrix-mining", ["energy.name=mlp", "energy.width=32"]).run
    assert run.energy.model_dump()["width"] == 32
    trained = read_run("completion")
    assert with_overrides(trained, ["task.name=custom", "task.factory=m:f"], ["task"]).task.name == "custom"


def test_a_table_that_names_no_member_is_of_the_default_one(tmp_path: Path) -> None:
    file = tmp_path / "wide.toml"
    file.write_text("[energy]\nwidth = 64\n[mining.arms.a]\npropose = { scale = 2.0 }\n")
    assert read_run(str(file), ["energy.name=mlp"]).energy.model_dump()["width"] == 64
    run = read_run(str(file), ["energy.name=matrix", "mining.arms.a.propose.kind=solver"])
    assert (run.energy.name, run.mining.arms["a"].propose.model_dump()["kind"]) == ("matrix", "solver")


def test_another_name_of_the_same_member_keeps_its_fields() -> None:
    assert read_run("inverse-quick", ["task.name=addition"]).task.model_dump() == {"name": "addition", "n": 10}


def test_a_mixture_replaces_the_one_below_and_options_add_up(tmp_path: Path) -> None:
    file = tmp_path / "mixed.toml"
    file.write_text(
        "[mining]\nmixture = { random = 0.5, adversarial = 0.5 }\n"
        '[task]\nname = "custom"\nfactory = "m:f"\noptions = { size = 3, noise = 0.1 }\n'
    )
    run = read_run(str(file), ["mining.mixture.random=0.25", "mining.mixture.hard=0.75", "task.options.size=5"])
    assert run.mining.mixture == {"random": 0.25, "hard": 0.75}
    assert run.task.model_dump()["options"] == {"size": 5, "noise": 0.1}


def test_an_arm_may_change_one_section_in_both_ways_of_writing(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text('arms.a = { "mining.weight" = 2.0, mining = { arm = "random" } }\n')
    mining = arm_run(read_study(str(file)), "a", 0).mining
    assert (mining.weight, mining.arm) == (2.0, "random")
