"""Tables on terminals of every width and encoding."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.said import Ravine

from ravine.cli.tables import blocks, show_table

HEADER = ["arm", "seed", "same MSE", "energy evaluations", "status"]
ROWS = [["adversarial", "0", "1.25e-04", "1.92e+05", "finished"], ["Newton-Schulz (20)", "", "0.5", "", "reference"]]


def words_of(text: str) -> set[str]:
    return {word for line in text.splitlines() for word in line.split()}


@pytest.mark.parametrize("width", [50, 60, 80, 200])
def test_no_cell_is_broken_and_none_is_lost(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    show_table(HEADER, ROWS, title="scores")
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= width
    assert {word for row in [HEADER, *ROWS] for cell in row for word in cell.split()} <= words_of(said)
    assert said.count("scores") == 1


def test_every_further_table_repeats_the_first_columns() -> None:
    assert list(blocks(HEADER, ROWS, 2, 50)) == [[0, 1, 2], [0, 1, 3], [0, 1, 4]]
    assert list(blocks(HEADER, ROWS, 2, 200)) == [[0, 1, 2, 3, 4]]
    assert list(blocks(HEADER[:1], [], 2, 1)) == [[0]]


@pytest.mark.parametrize("words", [["evaluate"], ["evaluate", "--budget", "1,2"], ["report"]])
def test_results_fit_a_terminal_of_80_columns(
    ravine: Ravine, finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = ravine(words[0], finished_run, *words[1:], *(["--out", tmp_path / "r.html"] if words == ["report"] else []))
    tables = [line for line in done.stdout.splitlines() if line.startswith(" ")]
    assert all(len(line) <= 80 for line in tables)
    if words[0] == "evaluate":
        assert {"Newton-Schulz", "residual", "least", "squares"} <= words_of(done.stdout)


def test_a_terminal_of_ascii_has_signs_spelt_out(finished_run: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "ravine", "evaluate", str(finished_run)]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert "+-" in done.stdout.decode("ascii")


@pytest.mark.parametrize(("encoding", "sign"), [("ascii", "+-"), ("latin-1", "±"), ("cp1252", "±")])
def test_an_encoding_without_a_sign_spells_it_out(
    ravine: Ravine, finished_run: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, sign: str
) -> None:
    said = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(said, encoding, write_through=True))
    ravine("evaluate", finished_run)
    assert sign in said.getvalue().decode(encoding)
