"""Every shipped preset is valid, and those of the paper hold its released hyperparameters."""

from pathlib import Path

import pytest

from ravine.config import arm_run, preset_names, read_run, read_study
from ravine.errors import ConfigurationError


@pytest.mark.parametrize("name", preset_names("runs"))
def test_run_presets_are_valid(name: str) -> None:
    assert read_run(name).training.steps > 0


@pytest.mark.parametrize("name", preset_names("studies"))
def test_study_presets_are_valid(name: str) -> None:
    study = read_study(name)
    seeds = [arm_run(study, arm, seed).seed for arm in study.arms for seed in (0, 7)]
    assert seeds == [0, 7] * len(study.arms)


def test_the_promised_presets_are_there() -> None:
    assert {"inverse-paper", "inverse-quick"} <= set(preset_names("runs"))
    assert {"pilot", "inverse-mining"} <= set(preset_names("studies"))


def test_a_preset_is_meant_where_a_folder_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pilot").mkdir()
    monkeypatch.chdir(tmp_path)
    assert read_study("pilot").seeds > 0


def test_inverse_paper_has_the_released_hyperparameters() -> None:
    run = read_run("inverse-paper")
    assert (run.task.name, run.energy.name) == ("inverse", "mlp")
    assert run.task.model_dump()["n"] == 20
    assert (run.training.batch, run.training.steps) == (2048, 100_000)
    assert run.energy.model_dump() == {"name": "mlp", "width": 512, "embedding_width": 128, "head": "norm"}
    assert (run.diffusion.landscapes, run.diffusion.schedule) == (10, "cosine")
    adam = run.optimizer
    assert (adam.learning_rate, adam.betas, adam.clip) == (1e-4, (0.9, 0.99), 1.0)
    assert (adam.schedule, adam.warmup) == ("constant", 0)
    assert (run.average.decay, run.average.every) == (0.995, 10)
    assert (run.solve.steps, run.solve.step_scale, run.solve.starts) == (5, 1.0, 1)
    assert (run.mining.arm, run.mining.weight, run.mining.temperature, run.mining.every) == ("adversarial", 0.5, 1, 1)


def test_inverse_mining_asks_the_whole_question() -> None:
    study = read_study("inverse-mining")
    assert list(study.arms) == ["none", "random", "adversarial"]
    assert (study.baseline, study.seeds, study.split, study.margin) == ("none", 10, "same", 0.05)
    paper = read_run("inverse-paper")
    for arm in study.arms:
        wanted = paper.model_copy(update={"seed": 3, "mining": paper.mining.model_copy(update={"arm": arm})})
        assert arm_run(study, arm, 3) == wanted


def test_the_pilot_is_small_and_on_the_cpu() -> None:
    study = read_study("pilot")
    assert (list(study.arms), study.seeds) == (["none", "random", "adversarial", "verifying"], 3)
    assert study.run.task.model_dump() == {"name": "inverse", "n": 10}
    assert study.run.compute.device == "cpu"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("inverse-papr", "did you mean 'inverse-paper'"),
        ("zzz", "there are addition, "),
        ("pilot", "`ravine compare pilot`"),
    ],
)
def test_a_run_preset_that_does_not_exist(name: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words.replace("(", r"\(")):
        read_run(name)


def test_a_run_preset_is_no_study() -> None:
    with pytest.raises(ConfigurationError, match="`ravine train inverse-quick`"):
        read_study("inverse-quick")
