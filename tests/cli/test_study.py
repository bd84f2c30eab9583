"""`ravine study`: status, log, stop and retry; and what two coordinators of one study do to one another."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmarks.survival import write_study
from tests.cli.said import Ravine, one_line

from ravine.experiments.log import StudyLog
from ravine.experiments.owner import Ownership
from ravine.experiments.standing import write_plan
from ravine.training.directory import RunDirectory, State

PATIENCE = 120.0


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study's directory with a run in every state."""
    out = tmp_path / "study"
    out.mkdir()
    states: list[State | None] = ["finished", "diverged", "failed", "running", "interrupted", None]
    write_plan(out, [("none", seed, 10) for seed in range(6)], "ravine compare x.toml --out study", {"name": "local"})
    log = StudyLog(out)
    for seed, state in enumerate(states):
        path = out / "runs" / "none" / f"seed-{seed}"
        if state is None:
            continue
        (path / "checkpoints").mkdir(parents=True)
        (path / "checkpoints" / "step-000000004.safetensors").touch()
        RunDirectory(path).set_status(state, 5, 2.0, **({"error": "ValueError: odd"} if state == "failed" else {}))
        log.add("started", f"none/{seed}", executor="local", where=f"process {seed} on host")
        if state != "running":
            log.add("ended", f"none/{seed}", told=state)
    return out


def counted(ravine: Ravine, study: Path) -> dict[str, int]:
    states: dict[str, int] = json.loads(ravine("study", "status", study, "--json").stdout)["states"]
    return states


def test_status_by_state_and_who_runs_what(ravine: Ravine, study: Path) -> None:
    with Ownership(study):
        found = json.loads(ravine("study", "status", study, "--json").stdout)
        done = ravine("study", "status", study)
    assert found["states"] == {"waiting": 2, "running": 1, "finished": 1, "diverged": 1, "failed": 1, "lost": 0}
    running = found["runs"][3]
    assert (running["state"], running["where"], running["left"]) == ("running", "process 3 on host", 2.0)
    assert found["runs"][2]["error"] == "ValueError: odd"
    assert found["runs"][4]["saved"] == 4
    assert "run by process" in done.stdout
    assert "process 3 on host" in done.stdout
    assert "ValueError: odd" in done.stdout
    assert "none/0" not in done.stdout
    assert "none/0" in ravine("study", "status", study, "--all").stdout


def test_without_an_owner_what_ran_is_lost_and_the_command_is_told(ravine: Ravine, study: Path) -> None:
    assert counted(ravine, study)["lost"] == 1
    StudyLog(study).add("back", "none/3", told="was left behind")
    with Ownership(study):
        assert counted(ravine, study)["lost"] == 0
    said = ravine("study", "status", study, "--watch").stdout
    assert "nobody runs it" in said
    assert "to continue: ravine compare x.toml --out study" in said


def test_log_tells_what_happened(ravine: Ravine, study: Path) -> None:
    lines = ravine("study", "log", study).stdout.splitlines()
    assert len(lines) == 9
    assert lines[1].endswith("none/0: finished")
    assert ravine("study", "log", study, "--last", 2).stdout.splitlines() == lines[-2:]
    assert len(json.loads(ravine("study", "log", study, "--json").stdout)["events"]) == 9


def test_retry_puts_failed_runs_back(ravine: Ravine, study: Path) -> None:
    assert "none/3: no failed run" in one_line(ravine("study", "retry", study, "none/3"))
    done = ravine("study", "retry", study)
    assert done.stdout.startswith("1 runs put back; taken up by: ravine compare")
    assert counted(ravine, study) == {
        "waiting": 3, "running": 0, "finished": 1, "diverged": 1, "failed": 0, "lost": 1
    }  # fmt: skip
    assert ravine("study", "retry", study).stdout == "no run has failed\n"


@pytest.mark.parametrize("words", [["status"], ["log"], ["stop"], ["retry"]])
def test_a_directory_that_holds_no_study(ravine: Ravine, tmp_path: Path, words: list[str]) -> None:
    assert "not a study's directory" in one_line(ravine("study", *words, tmp_path))


def test_a_thousand_runs_are_told_of_in_two_seconds(ravine: Ravine, tmp_path: Path) -> None:
    write_plan(tmp_path, [("none", seed, 10) for seed in range(1000)], "x", {"name": "local"})
    for seed in range(1000):
        path = tmp_path / "runs" / "none" / f"seed-{seed}"
        path.mkdir(parents=True)
        (path / "status.json").write_text('{"state": "interrupted", "step": 5, "seconds": 1.0}')
    started = time.process_time()
    assert counted(ravine, tmp_path)["waiting"] == 1000
    assert time.process_time() - started < 2.0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Start the coordinator of one study of two long runs, again and again."""
    file = write_study(tmp_path, seeds=1, steps=100_000, arms=["none", "random"])
    command = [sys.executable, "-m", "ravine", "compare", str(file), "--out", str(tmp_path / "long"), "--no-doctor"]
    pipe, started = subprocess.PIPE, []

    def run() -> subprocess.Popen[str]:
        words = [*command, "--workers", "2", "--quiet"]
        started.append(subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, start_new_session=True))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_one_coordinator_at_a_time_and_stop_from_elsewhere(
    ravine: Ravine, tmp_path: Path, start: Callable[[], "subprocess.Popen[str]"]
) -> None:
    out = tmp_path / "long"
    first = start()
    wait_for(lambda: (out / "plan.json").exists() and counted(ravine, out)["running"] == 2)
    wait_for(lambda: all(run["step"] for run in json.loads(ravine("study", "status", out, "--json").stdout)["runs"]))
    second = ravine("compare", tmp_path / "study.toml", "--out", out, "--no-doctor", "--workers", 2, "--quiet")
    assert f"is run by process {first.pid} on " in one_line(second)
    done = ravine("study", "stop", out)
    assert done.stdout.startswith("stopped; the same command continues it: ravine compare ")
    assert first.wait(PATIENCE) == 130
    found = json.loads(ravine("study", "status", out, "--json").stdout)
    assert found["owner"] is None
    assert found["states"]["waiting"] == 2
    assert all(run["saved"] > 0 for run in found["runs"])
    assert "nobody ran" in ravine("study", "stop", out).stdout
