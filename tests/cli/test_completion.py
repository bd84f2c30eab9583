"""What the tab key completes."""

from pathlib import Path

import pytest
from tests.cli.said import Ravine

from ravine import models, presets


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["exp"], ["export"]),
        (["solve", "--mod"], ["--model"]),
        (["solve", "--model", "sudoku"], [name for name in models.names() if name.startswith("sudoku")]),
        (["train", "mine"], ["mine.toml"]),
        (["train", "inverse"], [name for name in presets.names("runs") if name.startswith("inverse")]),
        (["compare", "pilot"], [name for name in presets.names("studies") if name.startswith("pilot")]),
    ],
    ids=lambda value: "_".join(value),
)
def test_commands_options_and_names(
    ravine: Ravine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], expected: list[str]
) -> None:
    (tmp_path / "mine.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("_RAVINE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", " ".join(["ravine", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    assert expected
    assert ravine().stdout.split() == expected
