"""The SLURM executor on a cluster of two virtual nodes of this machine; skipped, with its reason, elsewhere."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.survival import differences
from tests.experiments.executors.runs import small_study, whole_study
from tests.slurm.cluster import cluster, lacking

from ravine.errors import ConfigurationError
from ravine.experiments.executors.base import Job
from ravine.experiments.executors.conformance import conforms, until
from ravine.experiments.executors.slurm import SlurmConfig
from ravine.experiments.executors.slurm_states import TOLD, facts
from ravine.experiments.log import Hand
from ravine.training.directory import RunDirectory

pytest.importorskip("submitit", reason="submitit is not installed: pip install 'ravine[slurm]'")


@pytest.fixture(scope="module")
def nodes() -> Iterator[None]:
    """A cluster without accounting, as the plainest are: states come from squeue and from the runs themselves."""
    if why := lacking():
        pytest.skip(why)
    try:
        with cluster() as environment, pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            yield
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        pytest.skip(str(error))


def kill(job: Job) -> None:
    subprocess.run(["scancel", "--signal=KILL", job.name], check=True)


@pytest.mark.usefixtures("nodes")
def test_it_conforms_and_its_runs_end_bitwise_as_if_undisturbed(tmp_path: Path) -> None:
    file, runs = small_study(tmp_path, seeds=2)
    config = SlurmConfig(partition="gpu_test", gpus=1, max_parallel=2, time="00:10:00", threads=1)
    conforms(lambda: config.executor(tmp_path / "study", 1), runs, kill, patience=240.0)
    assert differences(file, whole_study(tmp_path, file), tmp_path / "study") == []


@pytest.mark.usefixtures("nodes")
def test_a_job_that_trains_several_seeds_is_adopted_and_comes_to_its_end(tmp_path: Path) -> None:
    _, runs = small_study(tmp_path, seeds=3)
    config = SlurmConfig(partition="gpu_test", max_parallel=2, time="00:10:00", threads=1, together=2)
    first, second = (config.executor(tmp_path / "study", 1) for _ in "ab")
    started = first.start(runs)
    assert len({job.name for job in started}) == len(runs) - 1
    hands = {job.run.key: Hand("slurm", job=job.name, held=True) for job in started}
    assert {(job.run.key, job.name) for job in second.take_up(runs, hands)} == {(k, h.job) for k, h in hands.items()}
    until(second, lambda told: not told, 240.0)
    assert {RunDirectory(run.path).status()["state"] for run in runs} == {"finished"}


@pytest.mark.usefixtures("nodes")
def test_a_partition_that_does_not_exist_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^--partition: no partition 'big'; there are gpu_test$"):
        SlurmConfig(partition="big").executor(tmp_path, 1)


@pytest.mark.usefixtures("nodes")
def test_a_cancelled_job_is_told_by_name_without_accounting(tmp_path: Path) -> None:
    said = subprocess.run(["sbatch", "--parsable", "--wrap", "sleep 60"], capture_output=True, text=True, cwd=tmp_path)
    job = said.stdout.strip()
    assert (facts([job]) or {})[job].state in {"PENDING", "RUNNING"}
    subprocess.run(["scancel", job], check=True)
    assert (facts([job]) or {})[job].state in {"CANCELLED", "COMPLETING"}
    assert "CANCELLED" in TOLD


ASK = f"{sys.executable} -c 'from ravine.launch import launch; print(launch())'"


@pytest.mark.usefixtures("nodes")
def test_tasks_of_one_step_are_refused_and_a_batch_script_of_several_is_not(tmp_path: Path) -> None:
    several = subprocess.run(["srun", "-n", "2", "bash", "-c", ASK], capture_output=True, text=True, cwd=tmp_path)
    assert several.returncode != 0
    assert {f"started as task {task} of 2 by srun" in several.stderr for task in "01"} == {True}
    script = f"{ASK}; srun -n 1 {ASK}"
    one = subprocess.run(["sbatch", "--wait", "-n", "2", "--output=said", "--wrap", script], cwd=tmp_path)
    said = (tmp_path / "said").read_text(encoding="utf-8")
    assert one.returncode == 0, said
    assert said.count("Launch(rank=0, size=1, local=0)") == 2
