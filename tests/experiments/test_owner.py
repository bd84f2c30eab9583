"""Who owns a study: one process at a time, the dead one's successor, and what machines apart know of one another."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from ravine.errors import RunError
from ravine.experiments import owner
from ravine.experiments.owner import FOLDER, Ownership, Process, ask_to_stop, current, owner_of, refuse_owned

HOLD = """
import sys, time
from pathlib import Path
from ravine.experiments.owner import Ownership
with Ownership(Path(sys.argv[1])) as own:
    print("mine", flush=True)
    while not own.asked_to_stop:
        time.sleep(0.02)
"""


def held(study: Path) -> subprocess.Popen[str]:
    """Start a process that owns the study, and wait until it does."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(study)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "mine\n"
    return process


def elsewhere(study: Path, age: float) -> Path:
    """Write the claim of a process on another machine, whose last heartbeat was `age` seconds ago."""
    folder = study / FOLDER
    folder.mkdir(parents=True)
    process = replace(Process.own(), host="far", machine="far away", since="2026-01-01 00:00:00")
    file = folder / "000004.json"
    file.write_text(json.dumps({"process": asdict(process), "released": False}))
    os.utime(file, (time.time() - age, time.time() - age))
    return file


def test_a_second_one_is_told_who_owns_it(tmp_path: Path) -> None:
    with held(tmp_path) as process:
        with (
            pytest.raises(RunError, match=rf"is run by process {process.pid} on .* since .*study stop"),
            Ownership(tmp_path),
        ):
            pass
        with pytest.raises(RunError, match=f"process {process.pid}"):
            refuse_owned(tmp_path)
        assert ask_to_stop(tmp_path) is not None
        assert process.wait(20) == 0
    assert owner_of(tmp_path) is None
    with Ownership(tmp_path):
        refuse_owned(tmp_path)  # one's own


def test_a_killed_owners_study_is_taken_over_at_once(tmp_path: Path) -> None:
    with held(tmp_path) as process:
        process.kill()
        process.wait()
    with Ownership(tmp_path) as own:
        assert own.before is not None
        assert own.before.pid == process.pid
        found = owner_of(tmp_path)
        assert found is not None
        assert found.pid == os.getpid()
        assert len(list((tmp_path / FOLDER).glob("*.json"))) == 1


def test_another_process_of_the_same_id_is_another(tmp_path: Path) -> None:
    claim = elsewhere(tmp_path, 0.0)
    reborn = replace(Process.own(), started="1")
    claim.write_text(json.dumps({"process": asdict(reborn), "released": False}))
    assert owner_of(tmp_path) is None


@pytest.mark.parametrize(("age", "owned"), [(1.0, True), (owner.SILENT_SECONDS + 1, False)])
def test_an_owner_elsewhere_is_alive_as_long_as_it_beats(tmp_path: Path, age: float, owned: bool) -> None:
    elsewhere(tmp_path, age)
    assert (owner_of(tmp_path) is not None) == owned
    if owned:
        with pytest.raises(RunError, match="on far since 2026-01-01"), Ownership(tmp_path):
            pass
    else:
        with Ownership(tmp_path):
            assert [file.name for file in (tmp_path / FOLDER).glob("*.json")] == ["000005.json"]


def test_of_many_who_take_over_one_succeeds(tmp_path: Path) -> None:
    elsewhere(tmp_path, 1000.0)
    entered: list[Ownership] = []

    def take(_: int) -> bool:
        own = Ownership(tmp_path)
        try:
            own.__enter__()
        except RunError:
            return False
        entered.append(own)
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(take, range(64))) == 1
    entered[0].__exit__(None, None, None)


def test_an_owner_hears_that_it_was_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "BEAT_SECONDS", 0.02)
    with Ownership(tmp_path) as own:
        claim = current(tmp_path)
        assert claim is not None
        before = claim.path.stat().st_mtime_ns
        time.sleep(0.2)
        assert claim.path.stat().st_mtime_ns > before
        claim.path.unlink()
        time.sleep(0.2)
        assert own.lost


def test_without_hard_links_the_name_is_taken_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    with Ownership(tmp_path):
        assert owner_of(tmp_path) is not None
        assert owner.made(tmp_path / FOLDER, 1) is None
