"""The SLURM executor without a cluster: its scripts, what it makes of SLURM's words, limits, and what is lacking."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from tests.experiments.executors.test_coordinator import made_plan

from ravine.errors import ConfigurationError, RunError
from ravine.experiments.executors import slurm_jobs, slurm_script, slurm_states
from ravine.experiments.executors.slurm import SlurmConfig, minutes
from ravine.experiments.executors.slurm_jobs import Slurm
from ravine.experiments.executors.slurm_script import submitit
from ravine.experiments.executors.slurm_states import JobFact, job_of
from ravine.experiments.log import Hand
from ravine.training.directory import RunDirectory

pytest.importorskip("submitit", reason="submitit is not installed: pip install 'ravine[slurm]'")


def test_the_script_is_an_array_of_commands(tmp_path: Path) -> None:
    more = ("account=me", "exclusive")
    config = SlurmConfig(partition="gpu", time="1-02:00:30", gpus=1, threads=4, mem="8G", max_parallel=2, sbatch=more)
    plan = made_plan(tmp_path, 3)
    lines = config.script(tmp_path, plan).splitlines()
    for line in (
        "#SBATCH --array=0-2%2",
        "#SBATCH --partition=gpu",
        "#SBATCH --time=1561",
        "#SBATCH --gpus-per-node=1",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=8G",
        "#SBATCH --signal=USR2@120",
        "#SBATCH --requeue",
        "#SBATCH --account=me",
        "#SBATCH --exclusive",
        "#SBATCH --open-mode=append",
        "export RAVINE_QUEUE_PID=0",
    ):
        assert line in lines
    assert not any("submitit.core" in line or ".pkl" in line for line in lines)
    for index, run in enumerate(plan):
        (line,) = [line for line in lines if line.startswith(f"{index}) exec ")]
        assert (
            f"-m ravine train {run.path}/config.json --out {run.path} --resume --quiet >>{run.path}/train.log" in line
        )


@pytest.mark.parametrize(
    ("time", "told"), [("02:00:00", 120), ("00:00:01", 1), ("05:00", 5), ("2-00:00:00", 2880), ("00:01:01", 2)]
)
def test_time_limits_in_minutes(time: str, told: int) -> None:
    assert minutes(time) == told


def test_a_warning_fits_into_a_short_limit() -> None:
    assert SlurmConfig(time="00:01:00").parameters(1)["signal_delay_s"] == 15


def test_a_warning_before_python_listens_does_not_end_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warned = "import os, signal; os.kill(os.getpid(), signal.SIGUSR2); print('goes on')"
    monkeypatch.setattr(slurm_script, "command", lambda run: [sys.executable, "-S", "-c", warned])
    run = made_plan(tmp_path)[0]
    run.path.mkdir(parents=True)
    script = slurm_script.task_script(tmp_path, [(run,)])
    done = subprocess.run(["bash", "-c", script], env={"SLURM_ARRAY_TASK_ID": "0", "PATH": os.environ["PATH"]})
    assert (done.returncode, (run.path / "train.log").read_text(encoding="utf-8")) == (0, "goes on\n")


def test_what_is_lacking_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "submitit", None)
        with pytest.raises(ConfigurationError, match=r"submitit is not installed; pip install 'ravine\[slurm\]'"):
            SlurmConfig().executor(tmp_path, 1)
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(ConfigurationError, match="no sbatch here"):
        SlurmConfig().executor(tmp_path, 1)


@pytest.mark.parametrize(
    ("state", "told", "why", "again"),
    [
        ("PENDING", "waiting", None, True),
        ("REQUEUED", "waiting", None, True),
        ("RUNNING", "running", None, True),
        ("COMPLETING", "running", None, True),
        ("OUT_OF_MEMORY", "ended", "out of memory", False),
        ("NODE_FAIL", "ended", "its node failed", True),
        ("TIMEOUT", "ended", "its time limit was reached", True),
        ("PREEMPTED", "ended", "it was pre-empted", True),
        ("CANCELLED", "ended", "it was cancelled", True),
        ("FAILED", "ended", "ValueError: odd", False),
        ("UNKNOWN", "ended", "knows job 17_3 no more", True),
    ],
)
def test_states_are_told_by_name(tmp_path: Path, state: str, told: str, why: str | None, again: bool) -> None:
    (run,) = made_plan(tmp_path, 1)
    run.path.mkdir(parents=True)
    RunDirectory(run.path).log.write_text("ravine: ValueError: odd\n")
    job = job_of("17_3", run, JobFact(state, "n1", "Resources"))
    assert (job.state, job.again) == (told, again)
    assert (job.why is None) if why is None else (why in (job.why or ""))
    assert job.where.startswith("job 17_3")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> dict[str, JobFact]:
    """What a cluster that is none knows of jobs."""
    known: dict[str, JobFact] = {}
    monkeypatch.setattr(slurm_jobs, "facts", lambda jobs: {job: known[job] for job in jobs if job in known})
    monkeypatch.setattr(slurm_jobs, "ASK_SECONDS", 0.0)
    return known


def refusing(limit: int, words: str) -> Callable[[object, str], str]:
    """Return a submission that takes no more than `limit` tasks, and numbers the arrays that it takes."""
    numbers = iter(range(17, 100))

    def submit(made: object, command: str) -> str:
        parameters: Mapping[str, int] = made.parameters  # type: ignore[attr-defined]
        return str(next(numbers)) if parameters["map_count"] <= limit else words

    return submit


LIMIT = "Batch job submission failed: Job violates accounting/QOS policy (QOSMaxSubmitJobPerUserLimit)"


class FakeSlurmExecutor:
    """Takes parameters as submitit's does."""

    def __init__(self, folder: Path) -> None:
        self.parameters: dict[str, object] = {}

    def update_parameters(self, **given: object) -> None:
        self.parameters.update(given)


@pytest.fixture
def executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cluster: dict[str, JobFact]) -> Slurm:
    monkeypatch.setattr(submitit(), "SlurmExecutor", FakeSlurmExecutor)
    return Slurm(tmp_path, 4, SlurmConfig(max_parallel=4).parameters)


def names(jobs: Sequence[object]) -> list[str]:
    return [job.name for job in jobs]  # type: ignore[attr-defined]


def test_a_submit_limit_is_waited_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: Slurm, cluster: dict[str, JobFact]
) -> None:
    plan = made_plan(tmp_path, 5)
    monkeypatch.setattr(slurm_jobs, "submit", refusing(2, LIMIT))
    assert names(executor.start(plan)) == ["17_0", "17_1"]
    assert [path.name for path in (tmp_path / "slurm").iterdir()] == ["0001"]
    monkeypatch.setattr(slurm_jobs, "submit", refusing(0, LIMIT))
    assert executor.room() == 2
    assert executor.start(plan[2:]) == []
    assert executor.room() == 0
    cluster.update({"17_0": JobFact("RUNNING", "n1"), "17_1": JobFact("COMPLETED", "n1")})
    RunDirectory(plan[1].path).set_status("finished", 10, 1.0)
    assert {job.name: job.state for job in executor.look()} == {"17_0": "running", "17_1": "ended"}
    assert executor.room() == 3


def test_what_sbatch_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: Slurm) -> None:
    monkeypatch.setattr(slurm_jobs, "submit", refusing(0, "Requested node configuration is not available"))
    with pytest.raises(RunError, match="sbatch refuses the study's jobs: Requested node configuration"):
        executor.start(made_plan(tmp_path, 2))


def test_a_job_that_slurm_knows_no_more_ends_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: Slurm, cluster: dict[str, JobFact]
) -> None:
    monkeypatch.setattr(slurm_jobs, "submit", refusing(9, ""))
    executor.start(made_plan(tmp_path, 1))
    assert [job.state for job in executor.look()] == ["waiting"]
    monkeypatch.setattr(slurm_jobs, "GONE_SECONDS", 0.0)
    assert [(job.state, job.again) for job in executor.look()] == [("ended", True)]


def test_jobs_of_a_dead_coordinator_are_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: Slurm, cluster: dict[str, JobFact]
) -> None:
    plan = made_plan(tmp_path, 4)
    monkeypatch.setattr(slurm_jobs, "submit", refusing(9, ""))
    executor.start(plan)
    cluster.update({f"17_{index}": JobFact("RUNNING", "n1") for index in range(3)})
    cluster["17_3"] = JobFact("COMPLETED")
    after = Slurm(tmp_path, 4, executor.parameters)
    logged = {plan[0].key: Hand("slurm", job="17_0", held=True)}
    assert names(after.take_up(plan, logged)) == ["17_0", "17_1", "17_2"]
    assert names(Slurm(tmp_path, 4, executor.parameters).take_up(plan[1:], {})) == ["17_1", "17_2"]


def test_a_job_trains_several_seeds_of_an_arm_where_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cluster: dict[str, JobFact]
) -> None:
    monkeypatch.setattr(submitit(), "SlurmExecutor", FakeSlurmExecutor)
    monkeypatch.setattr(slurm_jobs, "submit", refusing(9, ""))
    config, plan = SlurmConfig(max_parallel=4, together=2), made_plan(tmp_path, 5)
    assert "#SBATCH --array=0-2%3" in config.script(tmp_path, plan).splitlines()
    executor = Slurm(tmp_path, 4, config.parameters, together=2)
    assert names(executor.start(plan)) == ["17_0", "17_0", "17_1", "17_1", "17_2"]
    script = (tmp_path / "slurm" / "0001" / "task.sh").read_text(encoding="utf-8").splitlines()
    assert [line.partition("--seeds ")[2][:3] for line in script if ") exec" in line] == ["0,1", "2,3", ""]
    assert executor.room() == 2
    cluster.update({"17_0": JobFact("RUNNING", "n1"), "17_1": JobFact("COMPLETED"), "17_2": JobFact("NODE_FAIL")})
    RunDirectory(plan[2].path).set_status("finished", 10, 1.0)
    RunDirectory(plan[3].path).set_status("diverged", 5, 1.0)
    states = [(job.run.seed, job.state, job.again) for job in executor.look()]
    ended = [(seed, "ended", True) for seed in (2, 3, 4)]
    assert states == [(0, "running", True), (1, "running", True), *ended]
    assert executor.room() == 6
    after = Slurm(tmp_path, 4, config.parameters, together=2)
    logged = {plan[0].key: Hand("slurm", job="17_0", held=True)}
    assert [(job.run.seed, job.name) for job in after.take_up(plan, logged)] == [(0, "17_0"), (1, "17_0")]
    assert [job.run.seed for job in after.look()] == [0, 1]


def test_squeue_is_asked_before_sacct(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def said(words: Sequence[str]) -> list[str] | None:
        asked.append(words[0])
        if words[0] == "squeue":
            return ["17_0|RUNNING|n1|None", "17_1|PENDING||Resources", "odd"]
        return ["17_2|CANCELLED by 0|n2", "9|COMPLETED|n1"]

    monkeypatch.setattr(slurm_states, "said", said)
    found = slurm_states.facts(["17_0", "17_1", "17_2", "17_3"])
    assert found == {
        "17_0": JobFact("RUNNING", "n1"),
        "17_1": JobFact("PENDING", "", "Resources"),
        "17_2": JobFact("CANCELLED", "n2"),
    }
    assert asked == ["squeue", "sacct"]
    monkeypatch.setattr(slurm_states, "said", lambda words: None)
    assert slurm_states.facts(["17_0"]) is None
