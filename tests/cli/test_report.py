"""`ravine report` on planted studies and on a run really trained."""

import json
import shutil
import webbrowser
from pathlib import Path

import pytest
from tests.cli.said import Ravine
from tests.report.planted import THREE, Plan, plant

from ravine.report.reading.directory import arm_name


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return plant(tmp_path / "study", Plan(THREE, {"adversarial": -0.3}, seeds=3, rows=20, measured=False))


def test_a_study_has_its_report_in_its_directory(ravine: Ravine, study: Path) -> None:
    done = ravine("report", study)
    assert (done.returncode, done.stderr) == (0, "")
    verdict, files = done.stdout.splitlines()
    assert "95 % interval" in verdict
    assert files.startswith(f"wrote {study / 'report.html'} and {study / 'report.md'}, with ")
    assert (study / "report.html").stat().st_size > 50_000
    assert len(list((study / "figures").iterdir())) > 8


def test_a_trained_run_has_a_report_with_its_baselines(ravine: Ravine, finished_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    page = tmp_path / "pages" / "run.html"
    done = ravine("report", run, "--out", page, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["page"] == str(page)
    (verdict,) = found["verdicts"]
    assert verdict["sentence"].startswith("MSE ")
    stored = json.loads((run / "baselines.json").read_text())["baselines"]["least squares"]["same"]["metrics"]["mse"]
    assert f"least squares, has {stored:.3g}" in verdict["sentence"]
    assert "least squares" in page.read_text()
    assert sorted(map(str, (page.parent / "run-figures").iterdir())) == sorted(found["figures"])
    before = (run / "baselines.json").stat().st_mtime_ns
    assert ravine("report", run, "--quiet").stdout == ""
    assert (run / "baselines.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("mining", "arm"),
    [
        ({"arm": "hard", "curriculum": "constant"}, "hard"),
        ({"arm": "hard", "curriculum": "warm-up"}, "warm-up"),
        ({"arm": "hard", "curriculum": "constant", "mixture": {"random": 1.0}}, "mixture"),
    ],
)
def test_a_single_run_is_named_after_its_mining(tmp_path: Path, mining: dict[str, object], arm: str) -> None:
    assert arm_name(tmp_path / "run", mining) == arm
    assert arm_name(tmp_path / "runs" / "mine" / "seed-0", mining) == "mine"


def test_several_are_told_one_by_one(ravine: Ravine, study: Path, tmp_path: Path) -> None:
    run = study / "runs" / "none" / "seed-0"
    done = ravine("report", study, run, "-o", tmp_path / "all.html")
    first, second, _ = done.stdout.splitlines()
    assert first.startswith(f"{study}: ")
    assert second.startswith(f"{run}: MSE ")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["{}/nowhere"], "no such directory"),
        (["{}"], "neither a study's directory (no study.json) nor a run's (no config.json)"),
        (["pilot"], "no such directory"),
        (["--opn", "{}/study"], "no such option: --opn (Possible options: --"),
        (["{}/study", "--out", "{}"], "name a file that ends in .html"),
        (["{}/study", "--out", "{}/page.pdf"], "name a file that ends in .html"),
    ],
)
def test_what_cannot_be_reported_is_one_line(
    ravine: Ravine, study: Path, tmp_path: Path, words: list[str], expected: str
) -> None:
    done = ravine("report", *(word.format(tmp_path) for word in words))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("ravine: ")
    assert expected in line
    assert not (tmp_path / "report.html").exists()


def test_a_page_is_opened_where_there_is_a_screen(ravine: Ravine, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def show(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", show)
    monkeypatch.setenv("DISPLAY", ":0")
    assert ravine("report", study, "--open", "--quiet").stderr == ""
    assert opened == [(study / "report.html").resolve().as_uri()]
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert "no screen" in ravine("report", study, "--open", "--quiet").stderr
    assert len(opened) == 1
