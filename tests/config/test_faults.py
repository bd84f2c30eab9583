"""All faults at once, each with its path and the nearest valid name."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ravine.config import read_run, read_study
from ravine.errors import ConfigurationError


def faults(words: Sequence[str]) -> list[str]:
    with pytest.raises(ConfigurationError) as error:
        read_run("inverse-quick", words)
    lines = str(error.value).splitlines()
    if len(lines) == 1:
        return lines
    assert lines[0] == f"{len(lines) - 1} faults in the configuration:"
    return [line.strip() for line in lines[1:]]


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        ("trainig.steps=3", "trainig: no such field; did you mean 'training'?"),
        ("training.stepz=3", "training.stepz: no such field; did you mean 'steps'?"),
        ("task.nn=3", "task.nn: no such field; did you mean 'n'?"),
        ("energy.chanels=3", "energy.chanels: no such field; did you mean 'channels'?"),
        ("mining.arms.a.propose.scal=3", "mining.arms.a.propose.scal: no such field; did you mean 'scale'?"),
        ("mining.arms.a.refine.step=3", "mining.arms.a.refine.step: no such field; did you mean 'steps'?"),
        ("mining.arms.a.select.kin=1", "mining.arms.a.select.kin: no such field; did you mean 'kind'?"),
        ("mining.arm=advers", "mining.arm: no such arm; did you mean 'adversarial'?"),
        ("task.name=invers", "task.name: no such name; did you mean 'inverse'?"),
        ("training.steps=0", "training.steps: input should be greater than or equal to 1, not 0"),
        ("optimizer.learning_rate=nan", "optimizer.learning_rate: "),
        ("optimizer.learning_rate=inf", "optimizer.learning_rate: "),
        ("optimizer.betas=3", "optimizer.betas: "),
        ("optimizer.betas=[0.9]", "optimizer.betas.1: "),
        ("task.n=big", "task.n: "),
        ("task.n=1", "task.n: "),
        ("task=3", "task: "),
        ("seed=-1", "seed: "),
        ("compute.device=tpu", "compute.device: "),
        ("compute.device=mps", "compute.device: devices are auto, cpu, cuda, cuda:0, cuda:1, ..., not 'mps'"),
        ("mining.stages=[{from=0.5}]", "mining.stages.0.from: no such field; there are start, start_step, arm, "),
        ("compute.precision=float16", "compute.precision: "),
        ("energy={name='mlp',embedding_width=7}", "energy.embedding_width: "),
        ("training.batch=10 training.accumulation=4", "training: batch = 10 is not a multiple of accumulation = 4"),
    ],
)
def test_one_fault_is_one_line_with_its_path(word: str, fault: str) -> None:
    found = faults(word.split(" "))
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_a_name_with_no_neighbour_lists_all() -> None:
    (found,) = faults(["average.zzz=1"])
    assert found == "average.zzz: no such field; there are decay, every"


def test_all_faults_are_reported_at_once() -> None:
    words = {
        "tsk.n=4": "tsk: ",
        "training.stepz=3": "training.stepz: ",
        "training.batch=many": "training.batch: ",
        "task.m=4": "task.m: ",
        "energy.channels=-1": "energy.channels: ",
        "mining.arms.a.propose.scal=3": "mining.arms.a.propose.scal: ",
        "mining.arms.b.refine.steps=x": "mining.arms.b.refine.steps: ",
        "solve.starts=0": "solve.starts: ",
    }
    found = faults(list(words))
    assert len(found) == len(words)
    for start in words.values():
        assert [line for line in found if line.startswith(start)], start


def test_an_unknown_arm_is_reported_beside_other_faults() -> None:
    found = faults(["mining.arm=randon", "seed=x"])
    assert "mining.arm: no such arm; did you mean 'random'?" in found
    assert len(found) == 2


def test_an_arm_of_ones_own_with_a_fault_is_not_also_unknown() -> None:
    (found,) = faults(["mining.arm=mild", "mining.arms.mild.propose.scale=-1"])
    assert found.startswith("mining.arms.mild.propose.scale: ")


def study_faults(folder: Path, text: str) -> str:
    path = folder / "study.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as error:
        read_study(str(path))
    return str(error.value)


def test_faults_of_the_study_its_run_and_all_its_arms_come_at_once(tmp_path: Path) -> None:
    text = """
    seedz = 3
    [run.training]
    stepz = 2
    [arms.a]
    mining.wieght = 1
    [arms.b]
    "training.batch" = "x"
    "mining.arm" = "nune"
    """
    found = study_faults(tmp_path, text)
    assert found.startswith("6 faults"), found
    for fault in (
        "seedz: no such field; did you mean 'seeds'?",
        "run.training.stepz: no such field; did you mean 'steps'?",
        "arms.a: mining.wieght: no such field; did you mean 'weight'?",
        "arms.b: training.batch: ",
        "arms.b: mining.arm: no such arm; did you mean 'none'?",
        "baseline: no such arm; there are a, b",
    ):
        assert fault in found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('arms = ["none", "randon"]', "arms.randon: mining.arm: no such arm; did you mean 'random'?"),
        ('arms = ["none", "random"]\nbaseline = "nune"', "baseline: no such arm; did you mean 'none'?"),
        ("arms = []", "arms: "),
        ("arms = 3", "arms: "),
        ('arms = ["none"]\nrun = 3', "run: "),
        ('arms = ["none"]\nmargin = 1.5', "margin: "),
        ('arms = ["none", "../up"]', "arms.../up: write letters"),
        ("arms = { none = 3 }", "arms.none: "),
        ('arms = ["none"]\nrun.base = "gone"', "no preset or file 'gone'"),
    ],
)
def test_faults_of_studies(tmp_path: Path, text: str, fault: str) -> None:
    assert fault in study_faults(tmp_path, text)


def test_a_single_arm_needs_no_baseline(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text('arms = ["random"]')
    assert list(read_study(str(path)).arms) == ["random"]
