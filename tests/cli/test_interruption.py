"""Signals, sent to processes of their own: what stops, what is left behind, and that it goes on bitwise."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.cheap import make_cheap
from tests.cli.said import Ravine

from ravine import runs
from ravine.cli.interruption import Interruption, interruptible
from ravine.config import read_run, read_study
from ravine.config.sources import arm_run

Start = Callable[..., subprocess.Popen[str]]
STEPS = 200
PATIENCE = 180.0


def wait_for(what: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        assert process is None or process.poll() is None, "ended too early"
        time.sleep(0.02)


def rows(run: Path) -> int:
    metrics = run / "metrics.jsonl"
    return len(metrics.read_bytes().splitlines()) if metrics.exists() else 0


def state(run: Path) -> str:
    file = run / "status.json"
    return str(json.loads(file.read_text())["state"]) if file.exists() else "new"


@pytest.fixture
def start() -> Iterator[Start]:
    """Start `python -m ravine` with words; what still runs in the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*words: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "ravine", *map(str, words)]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def slow(tiny: list[str], steps: int) -> list[str]:
    """Return overrides for a run of many small steps that logs each."""
    changed = {"training.steps": steps, "training.log_every": 1, "training.checkpoint_every": 16}
    kept = [word for word in tiny if word.split("=")[0] not in {*changed, "training.validate_every"}]
    return [*kept, *(f"{name}={value}" for name, value in changed.items()), "training.validate_every=0"]


@pytest.fixture(scope="module")
def whole(tiny: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nobody stopped."""
    out = tmp_path_factory.mktemp("whole") / "run"
    assert runs.train(read_run("inverse-quick", slow(tiny, STEPS)), out) == "finished"
    return out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGUSR1, signal.SIGKILL])
@pytest.mark.usefixtures("unchecked")
def test_a_stopped_training_goes_on_bitwise(
    start: Start, tiny: list[str], tmp_path: Path, whole: Path, number: signal.Signals
) -> None:
    words = slow(tiny, STEPS)
    out = tmp_path / "stopped"
    process = start("train", "inverse-quick", *words, "--out", out, "--json")
    wait_for(lambda: rows(out) >= 20, process)
    process.send_signal(number)
    said, told = process.communicate(timeout=PATIENCE)
    assert said == ""
    assert rows(out) < STEPS, "finished before the signal: nothing was tested"
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert state(out) == "interrupted"
        assert "--resume" in told
        assert len(told.splitlines()) == 1
    else:
        assert process.returncode == -signal.SIGKILL
    assert runs.train(read_run("inverse-quick", words), out, resume=True) == "finished"
    name = f"checkpoints/step-{STEPS:09d}.safetensors"
    assert (out / name).read_bytes() == (whole / name).read_bytes()
    assert (out / "errors.npz").read_bytes() == (whole / "errors.npz").read_bytes()
    logged = [[json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()] for run in (out, whole)]
    for row in [*logged[0], *logged[1]]:
        del row["seconds"]
    assert logged[0] == logged[1]


def study_words(tiny: list[str], out: Path, steps: int) -> list[object]:
    return ["compare", "pilot", *slow(tiny, steps), "--arms", "none,random", "--seeds", 1, "--workers", 2, "--out", out]


def both(out: Path) -> list[Path]:
    return [out / "runs" / arm / "seed-0" for arm in ("none", "random")]


@pytest.mark.usefixtures("unchecked")
def test_an_interrupted_study_goes_on_where_it_was(
    start: Start, ravine: Ravine, tiny: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "study"
    words = study_words(tiny, out, STEPS)
    process = start(*words)
    wait_for(lambda: all(rows(run) >= 20 for run in both(out)), process)
    process.send_signal(signal.SIGINT)
    said, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert said == ""
    assert "the same command continues" in told
    assert not (out / "results.json").exists()
    assert [state(run) for run in both(out)] == ["interrupted", "interrupted"]
    left = [rows(run) for run in both(out)]
    assert max(left) < STEPS, "finished before the signal: nothing was tested"
    kept = [(run / "metrics.jsonl").read_text().splitlines() for run in both(out)]
    make_cheap(monkeypatch)
    done = ravine(*words, "--json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert [run["state"] for arm in found["arms"].values() for run in arm["runs"]] == ["finished", "finished"]
    for run, before in zip(both(out), kept, strict=True):
        # Seconds are in every row: equal rows were not computed again.
        assert (run / "metrics.jsonl").read_text().splitlines()[: len(before)] == before
        assert rows(run) == STEPS
    study = read_study("pilot", [str(word) for word in words[2 : words.index("--arms")]], seeds=1)
    assert runs.train(arm_run(study, "random", 0), tmp_path / "whole") == "finished"
    name = f"checkpoints/step-{STEPS:09d}.safetensors"
    assert (both(out)[1] / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_killed_study_leaves_no_training_behind(start: Start, tiny: list[str], tmp_path: Path) -> None:
    out = tmp_path / "study"
    process = start(*study_words(tiny, out, 1_000_000))
    wait_for(lambda: all(rows(run) >= 3 for run in both(out)), process)
    process.kill()
    process.wait()
    wait_for(lambda: all(state(run) == "interrupted" for run in both(out)))
    ends = [rows(run) for run in both(out)]
    time.sleep(0.3)
    assert [rows(run) for run in both(out)] == ends


def test_the_first_signal_asks_and_the_second_interrupts() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    for number in (signal.SIGINT, signal.SIGTERM):
        with interruptible() as stop:
            assert not stop()
            os.kill(os.getpid(), number)
            assert stop()
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.parametrize("warning", [signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP])
def test_a_warning_asks_and_what_follows_it_is_the_first_signal(warning: signal.Signals) -> None:
    outside = signal.signal(warning, signal.SIG_DFL)  # a suite that nohup started would ignore SIGHUP
    try:
        with interruptible() as stop:
            for number in (warning, warning, signal.SIGTERM):
                os.kill(os.getpid(), number)
                assert stop()
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(warning) == signal.SIG_DFL
    finally:
        signal.signal(warning, outside)


def test_a_hangup_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_run_of_a_queue_is_asked_by_the_batch_system_and_by_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVINE_QUEUE_PID", str(os.getppid()))
    with interruptible() as stop:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
        assert stop()


def test_a_run_stops_when_its_queue_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVINE_QUEUE_PID", str(os.getppid()))
    assert not Interruption()()
    monkeypatch.setenv("RAVINE_QUEUE_PID", "1" if os.getppid() != 1 else "2")
    assert Interruption()()
    monkeypatch.delenv("RAVINE_QUEUE_PID")
    assert not Interruption()()
