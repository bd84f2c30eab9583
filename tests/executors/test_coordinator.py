"""The queue with processes that are none: what starts, how many at a time, and how all of it stops."""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ravine.studies.queue import LocalQueue, Progress

from ravine.studies import queue
from ravine.studies.plan import PlannedRun, run_path
from ravine.training.directory import RunDirectory, State

CONFIG = {"training": {"steps": 10}}


@dataclass
class FakeProcess:
    """Ends after being asked `polls` times, with its run in the state `end`."""

    run: PlannedRun
    polls: int = 2
    end: State = "finished"
    returncode: int = 0
    asked: int = 0
    signals: list[str] = field(default_factory=list)

    def poll(self) -> int | None:
        self.asked += 1
        if self.asked < self.polls:
            return None
        if self.returncode == 0:
            write_state(self.run, self.end)
        return self.returncode

    def terminate(self) -> None:
        self.signals.append("terminate")

    def wait(self, timeout: float | None = None) -> int:
        self.signals.append("wait")
        return 0


@dataclass
class Starter:
    """Takes the place of `queue.start` and remembers."""

    started: list[FakeProcess] = field(default_factory=list)
    polls: int = 2
    returncode: int = 0

    def __call__(self, run: PlannedRun) -> FakeProcess:
        self.started.append(FakeProcess(run, self.polls, returncode=self.returncode))
        return self.started[-1]

    @property
    def names(self) -> list[tuple[str, int]]:
        return [(process.run.arm, process.run.seed) for process in self.started]


@pytest.fixture
def starter(monkeypatch: pytest.MonkeyPatch) -> Starter:
    made = Starter()
    monkeypatch.setattr(queue, "start", made)
    monkeypatch.setattr(queue, "POLL_SECONDS", 0.0)
    return made


def write_state(run: PlannedRun, state: State) -> None:
    run.path.mkdir(parents=True, exist_ok=True)
    RunDirectory(run.path).set_status(state, 10 if state == "finished" else 4, 1.0, loss=0.5)


def made_plan(folder: Path, count: int = 4) -> list[PlannedRun]:
    return [PlannedRun("none", seed, CONFIG, run_path(folder, "none", seed)) for seed in range(count)]


def test_every_run_is_started_once_in_order(tmp_path: Path, starter: Starter) -> None:
    assert LocalQueue(2, lambda progress: None, lambda: False).run(made_plan(tmp_path))
    assert starter.names == [("none", seed) for seed in range(4)]


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_than_the_workers_run_at_a_time(tmp_path: Path, starter: Starter, workers: int) -> None:
    starter.polls = 4
    most = 0

    def look(progress: Progress) -> None:
        nonlocal most
        most = max(most, sum(process.asked < process.polls for process in starter.started))

    LocalQueue(workers, look, lambda: False).run(made_plan(tmp_path))
    assert most == workers


def test_what_has_ended_is_not_repeated(tmp_path: Path, starter: Starter) -> None:
    plan = made_plan(tmp_path, 5)
    states: list[State] = ["finished", "diverged", "interrupted", "failed", "running"]
    for run, state in zip(plan, states, strict=True):
        write_state(run, state)
    LocalQueue(2, lambda progress: None, lambda: False).run(plan)
    assert starter.names == [("none", 2), ("none", 3), ("none", 4)]


def test_a_stop_ends_what_runs_and_starts_nothing_more(tmp_path: Path, starter: Starter) -> None:
    starter.polls = 1000
    seen: list[Progress] = []
    assert not LocalQueue(2, seen.append, lambda: len(seen) >= 3).run(made_plan(tmp_path))
    assert len(starter.started) == 2
    assert all(process.signals == ["terminate", "wait"] for process in starter.started)


def test_an_error_on_the_way_leaves_no_process_behind(tmp_path: Path, starter: Starter) -> None:
    def fail(progress: Progress) -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        LocalQueue(2, fail, lambda: False).run(made_plan(tmp_path))
    assert all(process.signals == ["terminate", "wait"] for process in starter.started)


def test_progress_counts_steps_states_and_losses(tmp_path: Path) -> None:
    plan = made_plan(tmp_path)
    write_state(plan[0], "finished")
    write_state(plan[1], "diverged")
    write_state(plan[2], "running")
    found = queue.progress(plan)
    assert (found.steps_done, found.steps) == (10 + 10 + 4, 40)
    assert found.states == {"finished": 1, "diverged": 1, "running": 1, "new": 1}
    assert found.loss == 0.5


def test_a_process_that_ignores_the_signal_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "STOP_SECONDS", 0.2)
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        queue.end([process])
        assert process.returncode == -signal.SIGKILL


def test_the_plan_identifies_a_run_by_its_content(tmp_path: Path) -> None:
    run, other = made_plan(tmp_path, 2)
    assert run.id == other.id
    assert run.id == PlannedRun("a", 5, json.loads(json.dumps(CONFIG)), tmp_path).id
    assert run.id != PlannedRun("none", 0, {"training": {"steps": 11}}, run.path).id
    assert len(run.id) == 12


@pytest.mark.parametrize("before", [None, "running", "failed", "interrupted"])
@pytest.mark.parametrize(
    ("returncode", "why"), [(1, "ValueError: odd"), (2, "ValueError: odd"), (-9, "SIGKILL"), (-6, "SIGABRT")]
)
def test_a_process_that_broke_without_a_word_has_failed(
    tmp_path: Path, starter: Starter, before: State | None, returncode: int, why: str
) -> None:
    (run,) = made_plan(tmp_path, 1)
    run.path.mkdir(parents=True)
    if before is not None:
        RunDirectory(run.path).set_status(before, 4, 1.0, error="of an earlier attempt")
    (run.path / "train.log").write_text("Traceback\nravine: ValueError: odd\n")
    starter.returncode = returncode
    assert LocalQueue(1, lambda progress: None, lambda: False).run([run])
    status = RunDirectory(run.path).status()
    assert (status["state"], status["step"]) == ("failed", 4 if before else 0)
    assert why in status["error"]
    assert "ravine: " not in status["error"]


def test_a_process_finds_the_modules_that_this_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}
    monkeypatch.setattr(sys, "path", ["", str(tmp_path / "lib"), *sys.path])
    monkeypatch.setattr(subprocess, "Popen", lambda command, env, **given: seen.update(env))
    monkeypatch.chdir(tmp_path)
    queue.start(*made_plan(tmp_path / "study", 1))
    assert seen["PYTHONPATH"].split(":")[:2] == [str(tmp_path), str(tmp_path / "lib")]
