"""The coordinator with processes that are none: what starts, how many at a time, what is tried again, how it stops."""

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ravine.analysis.plan import PlannedRun, run_path
from ravine.errors import OutputError, RunError
from ravine.experiments.executors import coordinator, local
from ravine.experiments.executors.base import Alike, Executor
from ravine.experiments.executors.coordinator import Coordinator
from ravine.experiments.executors.local import Local, Slot
from ravine.experiments.log import StudyLog, hands
from ravine.experiments.progress import Progress, Tally
from ravine.experiments.standing import standing, write_plan
from ravine.training.directory import RunDirectory, State

CONFIG = {"training": {"steps": 10}}


@dataclass
class FakeProcess:
    """Ends after being asked `polls` times, with its runs in the state `end`."""

    runs: Alike
    polls: int = 2
    end: State = "finished"
    returncode: int = 0
    asked: int = 0
    pid: int = 1
    signals: list[str] = field(default_factory=list)

    @property
    def run(self) -> PlannedRun:
        return self.runs[0]

    def poll(self) -> int | None:
        self.asked += 1
        if self.asked < self.polls:
            return None
        for run in self.runs if self.returncode == 0 else ():
            write_state(run, self.end)
        return self.returncode

    def terminate(self) -> None:
        self.signals.append("terminate")

    def kill(self) -> None:
        self.signals.append("kill")

    def wait(self, timeout: float | None = None) -> int:
        self.signals.append("wait")
        return 0


@dataclass
class Starter:
    """Takes the place of `local.start` and remembers; `then` is called with every run that it starts."""

    started: list[FakeProcess] = field(default_factory=list)
    slots: list[Mapping[str, str]] = field(default_factory=list)
    polls: int = 2
    returncode: int = 0
    end: State = "finished"
    then: Callable[[PlannedRun], object] = lambda run: None

    def __call__(self, runs: Alike, slot: Mapping[str, str]) -> FakeProcess:
        self.started.append(FakeProcess(runs, self.polls, self.end, self.returncode))
        self.slots.append(slot)
        self.then(runs[0])
        return self.started[-1]

    @property
    def names(self) -> list[tuple[str, int]]:
        return [(process.run.arm, process.run.seed) for process in self.started]


@pytest.fixture
def starter(monkeypatch: pytest.MonkeyPatch) -> Starter:
    made = Starter()
    monkeypatch.setattr(local, "start", made)
    monkeypatch.setattr(coordinator, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(coordinator, "RETRY_SECONDS", 0.0)
    return made


def coordinated(
    plan: list[PlannedRun],
    workers: int = 1,
    look: Callable[[Progress], None] = lambda progress: None,
    stop: Callable[[], bool] = lambda: False,
    executor: Executor | None = None,
) -> bool:
    study = plan[0].path.parents[2]
    study.mkdir(exist_ok=True)
    write_plan(study, [(run.arm, run.seed, 10) for run in plan], "ravine compare x", {"name": "local"})
    return Coordinator(study, executor or Local([Slot()] * workers), look, stop).run(plan)


def write_state(run: PlannedRun, state: State) -> None:
    run.path.mkdir(parents=True, exist_ok=True)
    RunDirectory(run.path).set_status(state, 10 if state == "finished" else 4, 1.0, loss=0.5)


def made_plan(folder: Path, count: int = 4) -> list[PlannedRun]:
    return [PlannedRun("none", seed, CONFIG, run_path(folder, "none", seed)) for seed in range(count)]


def test_every_run_is_started_once_in_order(tmp_path: Path, starter: Starter) -> None:
    assert coordinated(made_plan(tmp_path), 2)
    assert starter.names == [("none", seed) for seed in range(4)]


def test_a_process_trains_several_seeds_of_an_arm_where_it_may(tmp_path: Path, starter: Starter) -> None:
    arms = {arm: {**CONFIG, "mining": {"arm": arm}} for arm in ("none", "hard")}
    plan = [
        PlannedRun(arm, seed, {**config, "seed": seed}, run_path(tmp_path / "study", arm, seed))
        for seed in range(5)
        for arm, config in arms.items()
    ]
    write_state(plan[0], "finished")
    assert coordinated(plan, executor=Local([Slot()] * 2, together=3))
    seeds = [(process.run.arm, [run.seed for run in process.runs]) for process in starter.started]
    assert seeds == [("hard", [0, 1, 2]), ("none", [1, 2, 3]), ("hard", [3, 4]), ("none", [4])]


def test_seeds_of_a_process_that_dies_all_go_on_and_what_one_says_is_its_own(tmp_path: Path, starter: Starter) -> None:
    plan = [PlannedRun("none", seed, CONFIG, run_path(tmp_path / "study", "none", seed)) for seed in range(3)]
    starter.returncode, starter.polls = -9, 1

    def mend(run: PlannedRun) -> None:
        starter.returncode = 0
        write_state(plan[1], "diverged")

    starter.then = mend
    assert coordinated(plan, executor=Local([Slot()], together=3))
    assert [[run.seed for run in process.runs] for process in starter.started] == [[0, 1, 2], [0, 2]]


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_than_the_workers_run_at_a_time(tmp_path: Path, starter: Starter, workers: int) -> None:
    starter.polls = 4
    most = 0

    def look(progress: Progress) -> None:
        nonlocal most
        most = max(most, sum(process.asked < process.polls for process in starter.started))

    coordinated(made_plan(tmp_path), workers, look)
    assert most == workers


def test_what_has_ended_is_not_repeated(tmp_path: Path, starter: Starter) -> None:
    plan = made_plan(tmp_path, 5)
    states: list[State] = ["finished", "diverged", "interrupted", "failed", "running"]
    for run, state in zip(plan, states, strict=True):
        write_state(run, state)
    coordinated(plan, 2)
    assert starter.names == [("none", 2), ("none", 3), ("none", 4)]


def test_a_stop_ends_what_runs_and_starts_nothing_more(tmp_path: Path, starter: Starter) -> None:
    starter.polls = 1000
    seen: list[Progress] = []
    assert not coordinated(made_plan(tmp_path), 2, seen.append, lambda: len(seen) >= 3)
    assert len(starter.started) == 2
    assert all(process.signals == ["terminate", "wait"] for process in starter.started)


def test_an_error_on_the_way_leaves_no_process_behind(tmp_path: Path, starter: Starter) -> None:
    def fail(progress: Progress) -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        coordinated(made_plan(tmp_path), 2, fail)
    assert all(process.signals == ["terminate", "wait"] for process in starter.started)


def test_progress_counts_steps_states_and_losses(tmp_path: Path) -> None:
    plan = made_plan(tmp_path)
    write_state(plan[0], "finished")
    write_state(plan[1], "diverged")
    write_state(plan[2], "running")
    found = Tally.of(plan).progress(())
    assert (found.steps_done, found.steps) == (10 + 10 + 4, 40)
    assert found.states == {"finished": 1, "diverged": 1, "running": 1, "new": 1}
    assert found.loss == 0.5


def test_a_process_that_ignores_the_signal_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "STOP_SECONDS", 0.2)
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        local.end([process])
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
    assert coordinated([run], 1)
    status = RunDirectory(run.path).status()
    assert (status["state"], status["step"]) == ("failed", 4 if before else 0)
    assert why in status["error"]
    assert "ravine: " not in status["error"]


def test_a_process_finds_the_modules_that_this_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}
    monkeypatch.setattr(sys, "path", ["", str(tmp_path / "lib"), *sys.path])
    monkeypatch.setattr(subprocess, "Popen", lambda command, env, **given: seen.update(env))
    monkeypatch.chdir(tmp_path)
    local.start(tuple(made_plan(tmp_path / "study", 1)), {"CUDA_VISIBLE_DEVICES": "3"})
    assert seen["CUDA_VISIBLE_DEVICES"] == "3"
    assert seen["PYTHONPATH"].split(":")[:2] == [str(tmp_path), str(tmp_path / "lib")]


def test_a_killed_run_goes_on_from_its_checkpoint_as_long_as_it_gets_on(tmp_path: Path, starter: Starter) -> None:
    (run,) = made_plan(tmp_path, 1)
    starter.returncode, starter.polls = -9, 1

    def get_on(run: PlannedRun) -> None:
        folder = run.path / "checkpoints"
        folder.mkdir(parents=True, exist_ok=True)
        if len(starter.started) <= 4:
            (folder / f"step-{len(starter.started):09d}.safetensors").touch()

    starter.then = get_on
    assert coordinated([run])
    assert len(starter.started) == 4 + 2  # four times it got on; the fourth death is the first at its checkpoint
    status = RunDirectory(run.path).status()
    assert status["state"] == "failed"
    assert status["error"] == "its process was killed by SIGKILL (3 times at step 4)"


def test_what_says_itself_that_it_failed_is_not_tried_again(tmp_path: Path, starter: Starter) -> None:
    starter.end = "failed"
    assert coordinated(made_plan(tmp_path, 2))
    assert starter.names == [("none", 0), ("none", 1)]


def test_an_interrupted_run_goes_on_but_not_for_ever(tmp_path: Path, starter: Starter) -> None:
    starter.end = "interrupted"
    (run,) = made_plan(tmp_path, 1)
    assert coordinated([run])
    assert len(starter.started) == 3
    assert RunDirectory(run.path).status()["state"] == "interrupted"


def test_a_failed_run_that_is_put_back_is_taken_up(tmp_path: Path, starter: Starter) -> None:
    plan = made_plan(tmp_path, 2)
    starter.end = "failed"

    def put_back(progress: Progress) -> None:
        if len(starter.started) == 2 and progress.states.get("failed") == 1:
            starter.end = "finished"
            RunDirectory(plan[0].path).set_status("interrupted", 4, 1.0)

    starter.polls = 5
    assert coordinated(plan, 1, put_back)
    assert starter.names == [("none", 0), ("none", 1), ("none", 0)]


def test_a_run_in_other_hands_is_left_alone(tmp_path: Path, starter: Starter) -> None:
    plan = made_plan(tmp_path, 2)
    plan[0].path.mkdir(parents=True)
    other = RunDirectory(plan[0].path)
    seen = []

    def look(progress: Progress) -> None:
        seen.append(list(starter.names))
        if len(seen) == 5:
            held.__exit__(None, None, None)

    held = other.locked()
    held.__enter__()
    assert coordinated(plan, 2, look)
    assert seen[4] == [("none", 1)]
    assert starter.names == [("none", 1), ("none", 0)]


def test_slots_share_out_gpus_and_threads(tmp_path: Path, starter: Starter) -> None:
    slots = local.LocalConfig(workers=3, threads=2, gpus=(0, 5)).executor(tmp_path, 1)
    assert coordinated(made_plan(tmp_path), executor=slots)
    assert [slot["CUDA_VISIBLE_DEVICES"] for slot in starter.slots[:3]] == ["0", "5", "0"]
    assert all(slot["OMP_NUM_THREADS"] == "2" for slot in starter.slots)


def test_the_log_tells_who_had_a_run_and_the_page_shows_it(tmp_path: Path, starter: Starter) -> None:
    plan = made_plan(tmp_path, 2)
    seen: list[str] = []

    def look(progress: Progress) -> None:
        seen.append(", ".join(f"{run.run} {run.where}" for run in standing(tmp_path).runs))

    assert coordinated(plan, 1, look)
    events = StudyLog(tmp_path).events()
    assert [(e["what"], e["run"]) for e in events] == [
        (what, f"none/{seed}") for seed in range(2) for what in ("started", "ended")
    ]
    assert hands(events)["none/0"].where.startswith("process 1 on ")
    assert not any(hand.held for hand in hands(events).values())
    page = (tmp_path / "STUDY.md").read_text()
    assert "| none/1 | finished | 10/10 |" in page
    assert "none/0: started on process 1 on" in page


def test_a_broken_line_of_the_log_is_passed_over(tmp_path: Path) -> None:
    log = StudyLog(tmp_path)
    log.add("started", "none/0", executor="local")
    with log.file.open("ab") as file:
        file.write(b'{"time": "20')
    log.add("ended", "none/0", told="finished")
    assert [event["what"] for event in log.events()] == ["started", "ended"]


@pytest.mark.parametrize("how", ["its status", "its log", "the disk"])
def test_a_full_disk_pauses_the_study(
    how: str, tmp_path: Path, starter: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = made_plan(tmp_path, 3)
    words = os.strerror(errno.ENOSPC)

    def fill(run: PlannedRun) -> None:
        run.path.mkdir(parents=True, exist_ok=True)
        if how == "its status":
            RunDirectory(run.path).set_status("interrupted", 4, 1.0, error=f"x: cannot be written ({words}); make room")
        elif how == "its log":
            RunDirectory(run.path).log.write_text(f"ravine: x: cannot be written ({words})\n")
        else:

            def full(descriptor: int) -> None:
                raise OSError(errno.ENOSPC, words)

            monkeypatch.setattr(os, "fsync", full)

    starter.then, starter.returncode, starter.polls = fill, 2, 2
    with pytest.raises(OutputError) as told:
        coordinated(plan)
    assert told.value.full
    line = str(told.value)
    assert "no room left on the disk; 3 runs" in line
    assert "the same command continues" in line
    assert len(starter.started) == 1
    assert RunDirectory(plan[0].path).status()["state"] in {"new", "interrupted"}


def test_runs_on_another_executor_are_not_started_twice(tmp_path: Path, starter: Starter) -> None:
    StudyLog(tmp_path).add("started", "none/0", executor="slurm", job="17_0")
    with pytest.raises(RunError, match=r"runs on slurm; continue with --on slurm, or .*ravine study stop"):
        coordinated(made_plan(tmp_path))
    assert starter.names == []
