"""Runs from Python: paths as strings, threads, and processes that a launcher starts."""

import os
from pathlib import Path

import pytest
import torch

import ravine
from ravine.config import read_run, read_study
from ravine.errors import ConfigurationError, RunError
from ravine.launch import Launch, launch
from ravine.runs.threads import set_threads

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


SRUN = {"SLURM_NTASKS": "2", "SLURM_STEP_NUM_TASKS": "2"}


@pytest.mark.parametrize("task", ["0", "1"])
def test_tasks_of_srun_without_torchrun_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str) -> None:
    for name, value in {**SRUN, "SLURM_PROCID": task}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RunError, match=f"^started as task {task} of 2 by srun.*$"):
        ravine.train(read_run("inverse-quick", SMALL), tmp_path / "run")
    with pytest.raises(RunError, match=f"^started as task {task} of 2 by srun.*$"):
        ravine.compare(read_study("pilot", SMALL), tmp_path / "study")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "told",
    [
        {"SLURM_NTASKS": "1", "SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"},  # srun -n 1, and every submitit job
        {"SLURM_NTASKS": "2", "SLURM_PROCID": "0"},  # a batch script, which is one process however many its tasks
        {**SRUN, "SLURM_PROCID": "1", "WORLD_SIZE": "1", "RANK": "0"},  # said to be alone
    ],
    ids=["one", "batch", "alone"],
)
def test_a_single_process_under_slurm_is_not_refused(told: dict[str, str]) -> None:
    assert launch(told) == Launch()


def test_torchrun_under_srun_is_what_torchrun_says() -> None:
    torchrun = {"WORLD_SIZE": "4", "RANK": "3", "LOCAL_RANK": "1", "MASTER_ADDR": "a", "MASTER_PORT": "1"}
    assert launch({**SRUN, "SLURM_PROCID": "1", **torchrun}) == Launch(3, 4, 1)
