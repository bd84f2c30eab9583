"""Processes of this machine by the contract of executors, and slots."""

import os
import signal
from pathlib import Path

import pytest
from benchmarks.survival import differences
from tests.experiments.executors.runs import small_study, whole_study

from ravine.analysis.plan import PlannedRun
from ravine.errors import ConfigurationError
from ravine.experiments.executors.base import Job, command
from ravine.experiments.executors.choice import EXECUTORS, chosen
from ravine.experiments.executors.conformance import conforms
from ravine.experiments.executors.local import Local, LocalConfig, Slot


def kill(job: Job) -> None:
    os.kill(int(job.name), signal.SIGKILL)


def test_it_conforms_and_its_runs_end_bitwise_as_if_undisturbed(tmp_path: Path) -> None:
    file, runs = small_study(tmp_path)
    for run in runs:
        run.path.parent.mkdir(parents=True, exist_ok=True)
    conforms(lambda: Local([Slot(threads=1)] * 2), runs, kill, patience=240.0)
    assert differences(file, whole_study(tmp_path, file), tmp_path / "study") == []


def test_both_ship_by_name() -> None:
    assert set(EXECUTORS.shipped) == {"local", "slurm"}


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("lokal", {}, "--on 'lokal': no such executor; did you mean 'local'?"),
        ("local", {"gpus": "0,a"}, "--gpus: write this machine's GPUs by number, each once, as in 0,1, not '0,a'"),
        ("local", {"gpus": "1,1"}, "--gpus: write this machine's GPUs by number, each once, as in 0,1, not '1,1'"),
        ("local", {"partition": "x"}, "--partition: local has no such option; it goes with --on slurm"),
        ("slurm", {"workers": 2}, "--workers: slurm has no such option; it goes with --on local"),
        ("slurm", {"gpus": "0,1"}, "--gpus: write how many GPUs each run takes, as in 1, not '0,1'"),
        ("slurm", {"time": "5"}, "--time: write hours:minutes:seconds, as in 02:00:00, not '5'"),
        ("slurm", {"time": "00:00:00"}, "--time: write hours:minutes:seconds"),
        ("slurm", {"sbatch": ["=x"]}, "--sbatch: write option=value, as in account=mine, not '=x'"),
        ("slurm", {"max_parallel": 0}, "--max-parallel: "),
    ],
)
def test_bad_options_are_one_line(name: str, options: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        chosen(name, options)
    assert str(error.value).startswith(told)
    assert "\n" not in str(error.value)


def test_slots_by_workers_gpus_and_machine() -> None:
    assert len(LocalConfig().executor(Path(), 3).slots) == 3
    assert len(LocalConfig(gpus=(0, 1)).executor(Path(), 1).slots) == 2
    assert LocalConfig(workers=2, gpus=(7,)).executor(Path(), 1).slots == [Slot(0, 7), Slot(0, 7)]
    assert Slot().environment() == {}


def test_runs_that_differ_in_their_seeds_alone_share_a_command(tmp_path: Path) -> None:
    runs = [PlannedRun("hard", seed, {"seed": seed}, tmp_path / "runs" / "hard" / f"seed-{seed}") for seed in (4, 7)]
    words = command(*runs)
    assert words[3:] == [
        *("train", str(tmp_path / "runs" / "hard" / "seed-4" / "config.json")),
        *("--out", str(tmp_path / "runs" / "hard"), "--seeds", "4,7", "--resume", "--quiet"),
    ]
    assert "--seeds" not in command(runs[0])


def test_trackers_follow_one_run_a_process() -> None:
    config = {"compute": {"device": "cpu"}, "tracking": [{"kind": "tensorboard"}]}
    assert "--together 1" in str(LocalConfig(together=2).misfit(config))
    assert LocalConfig().misfit(config) is None


@pytest.mark.parametrize(("device", "refused"), [("cuda:1", True), ("cpu", True), ("auto", False), ("cuda", False)])
def test_a_gpu_of_its_own_goes_with_no_other(device: str, refused: bool) -> None:
    why = LocalConfig(gpus=(0,)).misfit({"compute": {"device": device}})
    assert (why is not None) == refused
    assert LocalConfig().misfit({"compute": {"device": device}}) is None
