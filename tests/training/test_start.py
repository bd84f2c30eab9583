"""Runs that begin with another run's weights: which ones they are is part of what the run is, where they lie is not."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from ravine import build, read_run, read_study, runs
from ravine.config.schema import RunConfig
from ravine.config.study import StudyConfig
from ravine.errors import ConfigurationError, RavineError, RunError
from ravine.experiments import claiming, planning
from ravine.training import checkpoint
from ravine.training.callbacks import Callbacks
from ravine.training.directory import RunDirectory
from ravine.training.start import averaged, digest

TINY = (
    *("energy.name=mlp", "energy.width=8", "energy.embedding_width=4", "diffusion.landscapes=3", "training.steps=6"),
    *(
        "training.batch=8",
        "training.log_every=2",
        "training.validate_every=0",
        "training.checkpoint_every=2",
        "task.n=3",
    ),
    *("evaluation.problems=20", "compute.threads=1", "compute.device=cpu", "mining.arm=random"),
)


class KilledError(BaseException):
    """As sudden as SIGKILL: no handler in between."""


def run_of(*words: str) -> RunConfig:
    return read_run("inverse-quick", [*TINY, *words])


def newest(run: Path) -> dict[str, torch.Tensor]:
    file = checkpoint.newest(RunDirectory(run).checkpoints)
    assert file is not None
    return checkpoint.load(file).tensors


@pytest.fixture
def source(tmp_path: Path) -> Path:
    runs.train(run_of(), tmp_path / "source")
    return tmp_path / "source"


def test_step_0_has_the_averaged_weights_and_a_fresh_optimiser(source: Path, tmp_path: Path) -> None:
    held = averaged(newest(source))
    config, weights = build.start(run_of(f"training.start_from={source}", "seed=3"))
    assert weights is not None
    assert config.training.start_weights == digest(held)
    trainer = build.trainer(config, tmp_path / "out")
    trainer.state.begin(weights)
    for energy in (trainer.state.energy, trainer.state.average):
        assert all(torch.equal(value, held[name]) for name, value in energy.state_dict().items())
        assert len(energy.state_dict()) == len(held)
    assert not trainer.state.optimizer.state
    assert trainer.state.step == 0


def test_a_run_trains_on_from_what_it_began_with(source: Path, tmp_path: Path) -> None:
    config = run_of(f"training.start_from={source}", "optimizer.learning_rate=1e-30")
    runs.train(config, tmp_path / "out")
    for name, value in averaged(newest(source)).items():
        assert torch.equal(newest(tmp_path / "out")[f"model/{name}"], value), name
    assert runs.load(tmp_path / "out").step == 6
    held = json.loads((tmp_path / "out" / "config.json").read_text())["training"]
    assert held["start_weights"] == digest(averaged(newest(source)))


@pytest.mark.parametrize("after", [1, 3])
def test_a_killed_run_resumes_to_the_same_end_with_its_source_moved(source: Path, tmp_path: Path, after: int) -> None:
    runs.train(run_of(f"training.start_from={source}"), tmp_path / "whole")

    def kill(step: int) -> None:
        if step == after:
            raise KilledError

    out = tmp_path / "killed"
    with pytest.raises(KilledError):
        runs.train(run_of(f"training.start_from={source}"), out, callbacks=Callbacks(on_step=kill))
    moved = shutil.move(source, tmp_path / "elsewhere")
    with pytest.raises(RunError, match="no such run"):
        runs.train(run_of(f"training.start_from={source}"), out, resume=True)
    runs.train(run_of(f"training.start_from={moved}"), out, resume=True)
    ends = [newest(tmp_path / name) for name in ("whole", "killed")]
    assert ends[0].keys() == ends[1].keys()
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())
    assert runs.load(out).step == 6
    assert json.loads((out / "config.json").read_text())["training"]["start_from"] == str(moved)


def test_a_source_that_was_trained_on_is_refused_on_resume(source: Path, tmp_path: Path) -> None:
    out, config = tmp_path / "out", run_of(f"training.start_from={source}")
    runs.train(config, out, callbacks=Callbacks(stop=lambda: True))
    shutil.rmtree(source)
    runs.train(run_of("seed=1"), source)
    with pytest.raises(RunError, match=r"another configuration \(training\.start_weights is '\w+' there") as error:
        runs.train(config, out, resume=True)
    assert "\n" not in str(error.value)
    with pytest.raises(ConfigurationError, match=r"the weights of .+ are \w+, and this run begins with"):
        runs.train(read_run(out / "config.json"), out, resume=True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["training.start_from={}/nowhere"], "nowhere: no such run"),
        (["training.start_from={}/empty"], "empty: no checkpoint yet; train it first"),
        (
            ["training.start_from={}/source", "energy.width=16"],
            r"do not fit: fc1\.weight is \(8, 18\) there",
        ),
        (["training.start_from={}/source", "task.n=4"], r"do not fit: fc1\.weight is \(8, 18\) there and \(8, 32\)"),
        (["training.start_weights=0123456789abcdef"], "start_weights are those of no run; write start_from"),
        (["training.start_from=x", "training.start_weights=abc"], "16 hexadecimal digits"),
    ],
)
def test_what_cannot_be_begun_with_is_told(source: Path, tmp_path: Path, words: list[str], why: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "config.json").write_text("{}")
    with pytest.raises(RavineError, match=why):
        runs.train(run_of(*[word.format(tmp_path) for word in words]), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_arms_begin_with_the_same_weights_and_a_study_with_no_others(source: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "study.toml", tmp_path / "out"
    other = tmp_path / "other"
    runs.train(run_of("seed=1"), other)
    file.write_text(
        'seeds = 1\nrun.base = "inverse-quick"\n[arms.none]\nmining.arm = "none"\n[arms.random]\n'
        f'mining.arm = "random"\n[arms.elsewhere]\ntraining.start_from = "{other}"\n'
    )

    def study(start: Path) -> StudyConfig:
        return planning.pinned(read_study(file, [*TINY, f"training.start_from={start}"]))

    first, second = (digest(averaged(newest(run))) for run in (source, other))
    plan = {run.arm: run.config["training"]["start_weights"] for run in planning.plan(study(source), out)}
    assert plan == {"none": first, "random": first, "elsewhere": second}
    claiming.claim(study(source), out)
    moved = Path(shutil.move(source, tmp_path / "moved"))
    claiming.claim(study(moved), out)
    shutil.rmtree(moved)
    runs.train(run_of("seed=2"), moved)
    with pytest.raises(RunError, match=r"another study \(run\.training\.start_weights is "):
        claiming.claim(study(moved), out)
