"""Every block of a tutorial, in the order in which a reader comes to it: files are written, commands are given."""

import re
import shlex
import sys
from pathlib import Path

import pytest
import torch
from tests.cli.cheap import make_cheap
from tests.cli.said import Ravine

PAGES = Path(__file__).parents[2] / "docs/tutorials"
LANGUAGES = {"console", "toml", "python", "bash"}
SHORT = ("training.steps=4", "training.batch=16", "training.log_every=2", "training.validate_every=0")
SHORTER = (*SHORT, "evaluation.problems=20", "training.validation_problems=10")
GOING_ON = ("reading-a-report", "slurm")
"""Tutorials that take up the study of the first one, here one of a single arm."""
STUDY = 'baseline = "none"\nseeds = 2\narms = {none = {}}\nrun = {base = "inverse-quick", task = {n = 3}}\n'


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")  # a wide number must not break a heading in two
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    make_cheap(monkeypatch)


def shortened(command: str) -> list[str]:
    """Return the words of a command, what stands behind a pipe left out and training cut short."""
    words = shlex.split(command.partition(" | ")[0])[1:]
    short = {"train": [*SHORTER, "--no-doctor"], "compare": [*SHORTER, "--no-doctor"]}.get(words[0], [])
    return words + short + (["--seeds", "2"] if words[0] == "compare" and "--seeds" not in words else [])


def plain(text: str) -> set[str]:
    """Return the lines that hold no number and no sentence, which are the same however long a run was."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return {line for line in lines if line and not re.search(r"[\d─.]", line)}


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_a_tutorial_can_be_followed(page: Path, ravine: Ravine, tmp_path: Path) -> None:
    if page.stem in GOING_ON:
        (tmp_path / "study.toml").write_text(STUDY)
    blocks = re.findall(r"```(\w+)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert {kind for kind, _ in blocks} <= LANGUAGES
    commands = 0
    for kind, body in blocks:
        if kind in ("toml", "python") and (name := re.match(r"# (\w+\.(?:py|toml))\n", body)):
            with (tmp_path / name[1]).open("a", encoding="utf-8") as file:
                file.write(body)
        elif kind == "python":
            exec(body, {})
        elif kind == "console":
            for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", body, re.MULTILINE):
                with torch.random.fork_rng():  # a trainer of one's own may seed the global generator
                    done = ravine(*shortened(command))
                assert done.returncode == ("findings:" in shown), (command, done.stderr)
                assert plain(shown) <= plain(done.stdout), command
                commands += 1
    assert commands
    for name in re.findall(r"`(out/[\w/.]+)`", page.read_text(encoding="utf-8")):
        assert (tmp_path / name).exists() or page.stem == "slurm", name
