"""Runs from Python: paths as strings, threads, and processes that a launcher starts."""

import os
from pathlib import Path

import pytest
import torch

import ravine
from ravine.config import read_run, read_study
from ravine.errors import ConfigurationError, RunError
from ravine.runs import set_threads

SMALL = (
    *("task.n=3", "energy.name=mlp", "energy.width=8", "energy.embedding_width=4", "diffusion.landscapes=2"),
    *("training.steps=2", "training.batch=8", "training.validate_every=0", "evaluation.problems=8"),
)
CORES = os.cpu_count() or 1


def test_paths_may_be_strings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = str(tmp_path / "run")
    config = read_run("inverse-quick", SMALL)
    assert ravine.train(config, out) == "finished"
    assert ravine.load(out).step == 2
    assert read_run(Path(out, "config.json")) == config
    study = read_study("pilot", SMALL)
    stopped = ravine.compare(study, str(tmp_path / "study"), stop=lambda: True)
    assert stopped.page == tmp_path / "study" / "report.html"


def test_a_new_run_has_no_more_threads_than_cores(tmp_path: Path) -> None:
    words = [*SMALL, f"compute.threads={CORES + 1}"]
    with pytest.raises(ConfigurationError, match=rf"^compute.threads: .*at most {CORES}$"):
        ravine.train(read_run("inverse-quick", words), tmp_path / "run")
    with pytest.raises(ConfigurationError, match=r"compute\.threads"):
        ravine.compare(read_study("pilot", words), tmp_path / "study")
    assert not list(tmp_path.iterdir())


def test_a_run_of_a_larger_machine_is_used_with_all_cores_here() -> None:
    before = torch.get_num_threads()
    try:
        set_threads(read_run("inverse-quick", [f"compute.threads={CORES + 1}"]))
        assert torch.get_num_threads() == CORES
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("environment", [{"WORLD_SIZE": "2", "RANK": "0"}, {"WORLD_SIZE": "2"}, {"RANK": "1"}])
def test_one_of_several_processes_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RunError, match="torchrun"):
        ravine.train(read_run("inverse-quick", SMALL), tmp_path / "run")
    with pytest.raises(RunError, match="torchrun"):
        ravine.compare(read_study("pilot", SMALL), tmp_path / "study")
    assert not list(tmp_path.iterdir())


def test_a_launcher_of_one_process_is_as_good_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "1")
    monkeypatch.setenv("RANK", "0")
    assert ravine.train(read_run("inverse-quick", SMALL), tmp_path / "run") == "finished"
